package dev.whetstone.gateway.http;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.whetstone.io.JsonFault;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.Provider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads bounded UTF-8 request bodies into records; a problem names the field at fault. */
@Provider
@Consumes(MediaType.APPLICATION_JSON)
public final class JsonBodyReader implements MessageBodyReader<Record> {
  // Read this much of a body that is too large before refusing it: many clients read the response
  // only after they have sent everything.
  private static final long DRAIN_LIMIT = 64L << 20;

  private static final int PART = 1 << 13;

  private final ObjectMapper mapper;
  private final BodyMemory memory;
  private final SecurityIdentity identity;
  private final GatewayConfig config;

  @Inject
  JsonBodyReader(
      ObjectMapper mapper, BodyMemory memory, SecurityIdentity identity, GatewayConfig config) {
    this.mapper = mapper;
    this.memory = memory;
    this.identity = identity;
    this.config = config;
  }

  @Override
  public boolean isReadable(
      Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
    return type.isRecord();
  }

  @Override
  public Record readFrom(
      Class<Record> type,
      Type generic,
      Annotation[] annotations,
      MediaType mediaType,
      MultivaluedMap<String, String> headers,
      InputStream body)
      throws IOException {
    String charset = mediaType.getParameters().get("charset");
    if (charset != null && !charset.equalsIgnoreCase("utf-8")) {
      throw ProblemException.of(415, "unsupported_media_type", "send application/json in UTF-8");
    }
    try (BodyMemory.Share share = memory.begin(identity.getPrincipal().getName())) {
      String text = decode(readBounded(body, share));
      if (text.isBlank()) {
        throw ProblemException.of(400, "invalid_json", "the body is empty");
      }
      return parse(text, mapper.constructType(generic));
    }
  }

  /**
   * Reads an optional body.
   *
   * @param absent the value of an empty body
   */
  public <T extends Record> T optional(InputStream body, Class<T> type, T absent)
      throws IOException {
    try (BodyMemory.Share share = memory.begin(identity.getPrincipal().getName())) {
      String text = decode(readBounded(body, share));
      return text.isBlank() ? absent : type.cast(parse(text, mapper.constructType(type)));
    }
  }

  private byte[] readBounded(InputStream body, BodyMemory.Share share) throws IOException {
    int limit = Math.toIntExact(config.maxBody().asLongValue());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] part = new byte[PART];
    for (int count; (count = body.read(part)) >= 0; ) {
      if (bytes.size() + count > limit) {
        drain(body);
        throw ProblemException.of(
            413, "body_too_large", "the body is larger than " + limit + " bytes");
      }
      share.add(count);
      bytes.write(part, 0, count);
    }
    return bytes.toByteArray();
  }

  private static void drain(InputStream body) throws IOException {
    byte[] scratch = new byte[1 << 16];
    long seen = 0;
    for (int n; seen < DRAIN_LIMIT && (n = body.read(scratch)) >= 0; ) {
      seen += n;
    }
  }

  private static String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException invalid) {
      throw ProblemException.of(400, "invalid_utf8", "the body is not valid UTF-8");
    }
  }

  private Record parse(String text, JavaType type) {
    try {
      Record value = mapper.readValue(text, type);
      if (value == null) {
        throw ProblemException.of(400, "invalid_json", "the body must be a JSON object");
      }
      return value;
    } catch (UnrecognizedPropertyException unknown) {
      throw ProblemException.badField(
          path(unknown), "unknown_field", path(unknown) + " is not a field of this request");
    } catch (InvalidFormatException unusable) {
      throw invalid(unusable, expectation(unusable));
    } catch (MismatchedInputException mismatch) {
      throw invalid(mismatch, "has the wrong type");
    } catch (InputCoercionException large) {
      throw ProblemException.of(400, "invalid_field", "a number of the body is out of range");
    } catch (JsonMappingException failed) {
      throw mappingProblem(failed);
    } catch (StreamConstraintsException _) {
      throw tooDeep();
    } catch (JsonParseException malformed) {
      throw notJson(malformed);
    } catch (JsonProcessingException refused) {
      throw ProblemException.of(
          400,
          "invalid_json",
          "the body is not acceptable JSON: " + brief(refused.getOriginalMessage()));
    }
  }

  private static ProblemException mappingProblem(JsonMappingException failed) {
    return switch (failed.getCause()) {
      case ProblemException own -> own;
      case InputCoercionException _ -> invalid(failed, "is out of range");
      case IllegalArgumentException bad -> invalid(failed, String.valueOf(bad.getMessage()));
      case StreamConstraintsException _ -> tooDeep();
      case JsonProcessingException malformed -> notJson(malformed);
      case null, default -> invalid(failed, "cannot be read");
    };
  }

  private static ProblemException tooDeep() {
    return ProblemException.of(
        400,
        "invalid_json",
        "the body is nested deeper than %d levels or has a number of more than %d characters"
            .formatted(ObjectMapperConfig.MAX_NESTING, ObjectMapperConfig.MAX_NUMBER_LENGTH));
  }

  private static ProblemException notJson(JsonProcessingException malformed) {
    return ProblemException.of(
        400, "invalid_json", "the body is not JSON: " + JsonFault.of(malformed));
  }

  // Jackson's own text names Java's classes.
  private static String expectation(InvalidFormatException unusable) {
    Class<?> type = unusable.getTargetType();
    if (type == String.class) {
      return unusable.getOriginalMessage();
    }
    if (type == null) {
      return "has the wrong type";
    }
    if (type.isEnum()) {
      return "has an unknown value";
    }
    boolean number = type.isPrimitive() || Number.class.isAssignableFrom(type);
    return number && type != boolean.class ? "must be a number in range" : "has the wrong type";
  }

  private static ProblemException invalid(JsonMappingException failed, String why) {
    String field = path(failed);
    return field.isEmpty()
        ? ProblemException.of(400, "invalid_field", "the body " + brief(why))
        : ProblemException.invalidField(field, field + ": " + brief(why));
  }

  /** The place in the body, as in {@code messages[0].role}. */
  private static String path(JsonMappingException failed) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : failed.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return path.length() > 100 ? path.substring(0, 100) + "…" : path.toString();
  }

  private static String brief(String message) {
    String line = message.lines().findFirst().orElse("");
    return line.length() > 200 ? line.substring(0, 200) + "…" : line;
  }
}
