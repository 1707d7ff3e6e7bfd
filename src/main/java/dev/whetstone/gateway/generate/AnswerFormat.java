package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.gateway.http.ObjectMapperConfig;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.grammar.schema.CallStyle;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an answer must be: text that a grammar allows. Equal formats share a compiled grammar. */
public sealed interface AnswerFormat {
  /** Any JSON object. */
  record JsonObject() implements AnswerFormat {}

  /**
   * JSON that a schema allows.
   *
   * @param schema as text: in it the order of properties counts, in a tree's equality it does not
   * @param ordered whether declared properties come in the schema's order
   */
  record Schema(String schema, boolean ordered) implements AnswerFormat {}

  /**
   * Calls of tools, or text before the first one.
   *
   * @param tools that may be called
   * @param forced whether the answer must be a call
   * @param parallel whether there may be more than one call
   * @param style how they are written
   */
  record ToolCalls(List<Tool> tools, boolean forced, boolean parallel, CallStyle style)
      implements AnswerFormat {}

  /**
   * A tool.
   *
   * @param parameters a JSON Schema as text
   * @param strict whether calls always keep to the schema; otherwise, where it is supported
   */
  record Tool(String name, String parameters, boolean strict) {}

  /** Exactly one of some texts. */
  record Choices(List<String> texts) implements AnswerFormat {}

  /**
   * A format and the field that asked for it.
   *
   * @param field named where the format cannot be kept
   */
  record Asked(AnswerFormat format, String field) {}

  /**
   * Checks a list of choices.
   *
   * @throws ProblemException 400 naming the field
   */
  static Asked choices(List<@Nullable String> texts, String field) {
    boolean good =
        !texts.isEmpty()
            && texts.size() <= 10_000
            && texts.stream().allMatch(text -> text != null && !text.isEmpty())
            && new HashSet<>(texts).size() == texts.size();
    if (!good) {
      throw ProblemException.invalidField(
          field, field + " must have 1 to 10000 different texts, none of them empty");
    }
    return new Asked(new Choices(List.copyOf(texts)), field);
  }

  /**
   * Takes a schema.
   *
   * @throws ProblemException 400 naming the field, when a text of it is not well-formed
   */
  static Asked schema(JsonNode schema, boolean ordered, String field) {
    if (!ObjectMapperConfig.wellFormed(schema)) {
      throw ProblemException.invalidField(
          field, field + " has a text with U+0000 or a lone surrogate");
    }
    return new Asked(new Schema(schema.toString(), ordered), field);
  }

  /**
   * The format that a request to POST /generate asks for; null for any text.
   *
   * @throws ProblemException 400 naming the field
   */
  static @Nullable Asked of(GenerateRequest request) {
    JsonNode schema = request.schema();
    if (schema == null || schema.isNull()) {
      return request.choices() == null ? null : choices(request.choices(), "choices");
    }
    if (request.choices() != null) {
      throw ProblemException.invalidField("choices", "give either schema or choices");
    }
    return schema(schema, false, "schema");
  }
}
