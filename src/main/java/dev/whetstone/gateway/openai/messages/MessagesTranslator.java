package dev.whetstone.gateway.openai.messages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.openai.ChatCompletionRequest;
import dev.whetstone.gateway.openai.ChatCompletionRequest.ChatTurn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Translates a request to that of a chat. */
final class MessagesTranslator {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private MessagesTranslator() {}

  /**
   * The chat of a request.
   *
   * @throws ProblemException 400 naming the field
   */
  static ChatCompletionRequest chat(MessagesRequest request) {
    if (request.maxTokens() == null) {
      throw ProblemException.invalidField("max_tokens", "max_tokens is missing");
    }
    JsonNode choice = request.toolChoice();
    boolean one = choice != null && choice.path("disable_parallel_tool_use").asBoolean();
    return new ChatCompletionRequest(
        request.model(),
        turns(request),
        request.maxTokens(),
        null,
        request.temperature(),
        request.topP(),
        null,
        request.stopSequences(),
        request.stream(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        request.metadata() == null ? null : request.metadata().userId(),
        null,
        null,
        null,
        request.topK(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        tools(request.tools()),
        toolChoice(choice),
        !one,
        null,
        null,
        null,
        null,
        null);
  }

  private static List<ChatTurn> turns(MessagesRequest request) {
    List<ChatTurn> turns = new ArrayList<>();
    JsonNode system = request.system();
    String instructions = system == null || system.isNull() ? "" : text(system, "system");
    if (!instructions.isEmpty()) {
      turns.add(turn("system", instructions));
    }
    List<MessagesRequest.@Nullable Turn> messages =
        request.messages() == null ? List.of() : request.messages();
    for (int i = 0; i < messages.size(); i++) {
      add(messages.get(i), "messages[" + i + "]", turns);
    }
    if (messages.isEmpty()) {
      throw ProblemException.invalidField("messages", "messages is empty");
    }
    return turns;
  }

  private static void add(
      MessagesRequest.@Nullable Turn message, String field, List<ChatTurn> turns) {
    String role = message == null ? "" : String.valueOf(message.role());
    if (message == null || !(role.equals("user") || role.equals("assistant"))) {
      throw ProblemException.invalidField(
          field + ".role", field + ".role must be user or assistant");
    }
    JsonNode content = message.content();
    if (content == null || !content.isArray()) {
      turns.add(turn(role, text(content, field + ".content")));
      return;
    }
    StringBuilder words = new StringBuilder();
    ArrayNode calls = NODES.arrayNode();
    for (int i = 0; i < content.size(); i++) {
      JsonNode block = content.get(i);
      String place = field + ".content[" + i + "]";
      switch (block.path("type").asText()) {
        case "text" -> words.append(block.path("text").asText());
        case "tool_use" -> calls.add(call(block, place));
        case "tool_result" -> turns.add(result(block, place));
        case "thinking", "redacted_thinking" -> {}
        default ->
            throw ProblemException.invalidField(
                place + ".type", place + " must be a text, tool_use or tool_result block");
      }
    }
    if (!calls.isEmpty()) {
      JsonNode said = words.isEmpty() ? null : TextNode.valueOf(words.toString());
      turns.add(new ChatTurn(role, said, null, calls, null));
    } else if (!words.isEmpty()) {
      turns.add(turn(role, words.toString()));
    }
  }

  private static ChatTurn turn(String role, String text) {
    return new ChatTurn(role, TextNode.valueOf(text), null, null, null);
  }

  private static JsonNode call(JsonNode block, String field) {
    if (!block.path("name").isTextual() || !block.path("id").isTextual()) {
      throw ProblemException.invalidField(field, field + " must have an id and a name");
    }
    ObjectNode function = NODES.objectNode().put("name", block.path("name").textValue());
    function.set("arguments", block.path("input"));
    ObjectNode call = NODES.objectNode().put("id", block.path("id").textValue());
    call.put("type", "function").set("function", function);
    return call;
  }

  private static ChatTurn result(JsonNode block, String field) {
    JsonNode content = block.get("content");
    String text = content == null || content.isNull() ? "" : text(content, field + ".content");
    return new ChatTurn(
        "tool", TextNode.valueOf(text), null, null, block.path("tool_use_id").textValue());
  }

  private static String text(@Nullable JsonNode content, String field) {
    if (content != null && content.isTextual()) {
      return content.textValue();
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode block : content == null || !content.isArray() ? NODES.arrayNode() : content) {
      if (!block.path("type").asText().equals("text")) {
        throw ProblemException.invalidField(field, field + " may have blocks of type text only");
      }
      text.append(block.path("text").asText());
    }
    if (content == null || !content.isArray()) {
      throw ProblemException.invalidField(field, field + " must be a text or a list of blocks");
    }
    return text.toString();
  }

  private static @Nullable JsonNode tools(@Nullable JsonNode tools) {
    if (tools == null || !tools.isArray()) {
      return tools;
    }
    ArrayNode list = NODES.arrayNode();
    for (JsonNode tool : tools) {
      String type = tool.path("type").asText("custom");
      ObjectNode function = NODES.objectNode().put("name", tool.path("name").asText());
      if (tool.path("description").isTextual()) {
        function.put("description", tool.path("description").textValue());
      }
      if (tool.has("input_schema")) {
        function.set("parameters", tool.get("input_schema"));
      }
      list.addObject()
          .put("type", type.equals("custom") ? "function" : type)
          .set("function", function);
    }
    return list;
  }

  private static @Nullable JsonNode toolChoice(@Nullable JsonNode choice) {
    if (choice == null || choice.isNull()) {
      return null;
    }
    String type = choice.path("type").asText();
    return switch (type) {
      case "auto", "none" -> TextNode.valueOf(type);
      case "any" -> TextNode.valueOf("required");
      case "tool" -> {
        ObjectNode named = NODES.objectNode().put("type", "function");
        named.putObject("function").put("name", choice.path("name").asText());
        yield named;
      }
      default ->
          throw ProblemException.invalidField(
              "tool_choice", "tool_choice.type must be auto, any, tool or none");
    };
  }
}
