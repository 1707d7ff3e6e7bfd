package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.Map;
import java.util.Set;

/**
 * Leaves aside the fields of OpenAI requests that are not served but ask for nothing: null, an
 * empty list or object, false, or the value that means the default. OpenAI's clients send many
 * such. A field that would change the answer remains an unknown one, which is refused by name.
 */
@Singleton
public final class IdleFields implements ObjectMapperCustomizer {
  private static final String PACKAGE = IdleFields.class.getPackageName();

  /** What asks for nothing, besides null and the like, as JSON. */
  private static final Map<String, Set<String>> IDLE =
      Map.ofEntries(
          Map.entry("best_of", Set.of("1")),
          Map.entry("suffix", Set.of("\"\"")),
          Map.entry("function_call", Set.of("\"none\"", "\"auto\"")),
          Map.entry("modalities", Set.of("[\"text\"]")),
          Map.entry("reasoning_effort", Set.of("\"none\"")),
          Map.entry("verbosity", Set.of("\"medium\"")),
          Map.entry("length_penalty", Set.of("1", "1.0")),
          Map.entry("typical_p", Set.of("1", "1.0")),
          Map.entry("spaces_between_special_tokens", Set.of("true")),
          Map.entry("prompt_logprobs", Set.of("0")));

  @Override
  public void customize(ObjectMapper mapper) {
    mapper.addHandler(new Handler());
  }

  private static final class Handler extends DeserializationProblemHandler {
    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser parser,
        JsonDeserializer<?> deserializer,
        Object beanOrClass,
        String name)
        throws IOException {
      Class<?> type = beanOrClass instanceof Class<?> known ? known : beanOrClass.getClass();
      if (!type.getPackageName().startsWith(PACKAGE)) {
        return false;
      }
      JsonNode value = context.readTree(parser);
      if (!asksForNothing(name, value)) {
        throw UnrecognizedPropertyException.from(
            parser, beanOrClass, name, deserializer.getKnownPropertyNames());
      }
      return true;
    }
  }

  private static boolean asksForNothing(String name, JsonNode value) {
    boolean empty = value.isContainerNode() && value.isEmpty();
    boolean off = value.isBoolean() && !value.booleanValue();
    return value.isNull()
        || empty
        || off
        || IDLE.getOrDefault(name, Set.of()).contains(value.toString());
  }
}
