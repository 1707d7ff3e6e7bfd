package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.generate.AnswerFormat;
import dev.whetstone.gateway.http.ProblemException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what an OpenAI request says of the answer's form. */
final class ResponseFormats {
  private static final String FIELD = "response_format";

  private ResponseFormats() {}

  /**
   * The form that a request asks for; null for any text.
   *
   * @throws ProblemException 400 naming the field
   */
  static AnswerFormat.@Nullable Asked of(SamplingFields request) {
    List<AnswerFormat.Asked> found = new ArrayList<>();
    JsonNode format = request.responseFormat();
    if (format != null && !format.isNull()) {
      AnswerFormat.Asked asked = responseFormat(format);
      if (asked != null) {
        found.add(asked);
      }
    }
    if (request.guidedChoice() != null) {
      found.add(AnswerFormat.choices(request.guidedChoice(), "guided_choice"));
    }
    JsonNode schema = request.guidedJson();
    if (schema != null && !schema.isNull()) {
      found.add(AnswerFormat.schema(schema, false, "guided_json"));
    }
    if (found.size() > 1) {
      throw ProblemException.invalidField(
          found.getLast().field(),
          "give only one of response_format, guided_choice and guided_json");
    }
    return found.isEmpty() ? null : found.getFirst();
  }

  private static AnswerFormat.@Nullable Asked responseFormat(JsonNode format) {
    return switch (format.path("type").asText()) {
      case "text" -> null;
      case "json_object" -> {
        // llama.cpp's clients put a schema here.
        JsonNode schema = format.get("schema");
        yield schema != null && !schema.isNull()
            ? AnswerFormat.schema(schema, false, FIELD)
            : new AnswerFormat.Asked(new AnswerFormat.JsonObject(), FIELD);
      }
      case "json_schema" -> {
        JsonNode inner = format.path("json_schema");
        JsonNode schema = inner.get("schema");
        if (schema == null || schema.isNull()) {
          throw ProblemException.invalidField(
              FIELD, "response_format.json_schema must have a schema");
        }
        yield AnswerFormat.schema(schema, inner.path("strict").asBoolean(), FIELD);
      }
      default ->
          throw ProblemException.invalidField(
              FIELD, "response_format.type must be text, json_object or json_schema");
    };
  }
}
