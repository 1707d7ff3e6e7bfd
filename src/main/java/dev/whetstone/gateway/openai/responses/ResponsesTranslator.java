package dev.whetstone.gateway.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.openai.ChatCompletionRequest;
import org.jspecify.annotations.Nullable;

/**
 * Translates a request to that of a chat, whose fields for tools and forms are nested otherwise.
 */
final class ResponsesTranslator {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final String LOGPROBS = "message.output_text.logprobs";

  private ResponsesTranslator() {}

  /**
   * The chat of a request.
   *
   * @throws ProblemException 400 naming the field
   */
  static ChatCompletionRequest chat(ResponsesRequest request) {
    requireStateless("previous_response_id", request.previousResponseId() != null);
    requireStateless(
        "conversation", request.conversation() != null && !request.conversation().isNull());
    String truncation = request.truncation();
    if (truncation != null && !truncation.equals("disabled") && !truncation.equals("auto")) {
      throw ProblemException.invalidField("truncation", "truncation must be auto or disabled");
    }
    Integer alternatives = request.topLogprobs();
    return new ChatCompletionRequest(
        request.model(),
        InputItems.turns(request.input(), request.instructions()),
        request.maxOutputTokens(),
        null,
        request.temperature(),
        request.topP(),
        null,
        null,
        request.stream(),
        null,
        null,
        null,
        null,
        null,
        (alternatives != null && alternatives > 0)
            || (request.include() != null && request.include().contains(LOGPROBS)),
        alternatives,
        request.user(),
        format(request.text()),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        tools(request.tools()),
        toolChoice(request.toolChoice()),
        request.parallelToolCalls(),
        null,
        null,
        null,
        null,
        request.store());
  }

  private static void requireStateless(String field, boolean given) {
    if (given) {
      throw ProblemException.invalidField(
          field, field + " is not served: responses are not kept; send all messages as input");
    }
  }

  private static @Nullable JsonNode format(@Nullable JsonNode text) {
    JsonNode format = text == null ? null : text.get("format");
    if (format == null || format.isNull() || !format.path("type").asText().equals("json_schema")) {
      return format;
    }
    ObjectNode inner = format.deepCopy();
    inner.remove("type");
    ObjectNode outer = NODES.objectNode().put("type", "json_schema");
    outer.set("json_schema", inner);
    return outer;
  }

  private static @Nullable JsonNode tools(@Nullable JsonNode tools) {
    if (tools == null || !tools.isArray()) {
      return tools;
    }
    ArrayNode list = NODES.arrayNode();
    for (JsonNode tool : tools) {
      if (!tool.path("type").asText().equals("function") || tool.has("function")) {
        list.add(tool);
        continue;
      }
      ObjectNode function = tool.deepCopy();
      function.remove("type");
      if (function.path("description").isNull()) {
        function.remove("description");
      }
      list.addObject().put("type", "function").set("function", function);
    }
    return list;
  }

  private static @Nullable JsonNode toolChoice(@Nullable JsonNode choice) {
    if (choice == null || !choice.isObject() || choice.has("function")) {
      return choice;
    }
    if (!choice.path("type").asText().equals("function")) {
      throw ProblemException.invalidField(
          "tool_choice", "tool_choice must be auto, none, required, or name a function");
    }
    ObjectNode named = NODES.objectNode().put("type", "function");
    named.putObject("function").put("name", choice.path("name").asText());
    return named;
  }
}
