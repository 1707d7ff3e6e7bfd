package dev.whetstone.gateway.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the application's JSON mapper strict, so that an ambiguous request is refused rather than
 * guessed at. Names are snake_case; duplicate and unknown keys are refused; scalars are not
 * coerced; text is well-formed Unicode without U+0000.
 */
@Singleton
public final class ObjectMapperConfig implements ObjectMapperCustomizer {
  static final int MAX_NESTING = 32;
  static final int MAX_NUMBER_LENGTH = 64;

  @Override
  @SuppressWarnings("deprecation") // MapperFeature has no other switch on a mapper already built
  public void customize(ObjectMapper mapper) {
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_NESTING)
                .maxNumberLength(MAX_NUMBER_LENGTH)
                .build());
    mapper.setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    mapper.configure(StreamReadFeature.STRICT_DUPLICATE_DETECTION.mappedFeature(), true);
    mapper.configure(MapperFeature.ALLOW_COERCION_OF_SCALARS, false);
    mapper.enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    mapper.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    mapper.enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
    mapper.disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT);
    mapper.disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
    mapper
        .coercionConfigFor(LogicalType.POJO)
        .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail);
    mapper.registerModule(
        new SimpleModule("one form of each value")
            .addDeserializer(String.class, new WellFormedText())
            .addKeyDeserializer(Integer.class, new PlainNumber()));
  }

  /** A number as a name has one form, so that none comes twice: not 01 beside 1. */
  private static final class PlainNumber extends KeyDeserializer {
    @Override
    public Object deserializeKey(String key, DeserializationContext context) throws IOException {
      try {
        int number = Integer.parseInt(key);
        if (Integer.toString(number).equals(key)) {
          return number;
        }
      } catch (NumberFormatException noNumber) {
        // refused below
      }
      // as of a text: the context's own exception would name Java's classes
      throw InvalidFormatException.from(
          context.getParser(),
          "\"%s\" is not a number as a name: digits without leading zeros, as in \"1\""
              .formatted(key),
          key,
          String.class);
    }
  }

  private static final class WellFormedText extends StdScalarDeserializer<String> {
    WellFormedText() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (parser.currentToken() != JsonToken.VALUE_STRING) {
        return (String) context.handleUnexpectedToken(String.class, parser);
      }
      String text = parser.getText();
      String fault = fault(text);
      if (fault != null) {
        // the context's own exception would name Java's classes
        throw InvalidFormatException.from(parser, fault, text, String.class);
      }
      return text;
    }
  }

  /** The reason that a text is not well-formed; null for a well-formed one. */
  private static @Nullable String fault(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return "text contains U+0000";
      }
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return "text contains a lone surrogate";
        }
        i++;
      }
    }
    return null;
  }

  /** Whether every key and text value of a free-form tree is well-formed. */
  public static boolean wellFormed(JsonNode tree) {
    if (tree.isTextual()) {
      return fault(tree.textValue()) == null;
    }
    for (JsonNode part : tree) {
      if (!wellFormed(part)) {
        return false;
      }
    }
    return tree.properties().stream().allMatch(field -> fault(field.getKey()) == null);
  }
}
