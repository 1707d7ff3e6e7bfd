package dev.whetstone.gateway.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.openai.ChatCompletionRequest.ChatTurn;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the items of a request's input as the turns of a chat. */
final class InputItems {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final List<ChatTurn> turns = new ArrayList<>();
  // Calls one after the other are those of one message.
  private @Nullable ArrayNode calls;

  private InputItems() {}

  /**
   * The turns of a chat.
   *
   * @param instructions of the request, which come first
   * @throws ProblemException 400 naming the field
   */
  static List<ChatTurn> turns(@Nullable JsonNode input, @Nullable String instructions) {
    InputItems items = new InputItems();
    if (instructions != null) {
      items.say("system", TextNode.valueOf(instructions));
    }
    if (input == null || input.isNull()) {
      throw ProblemException.invalidField("input", "input is missing");
    }
    if (input.isTextual()) {
      items.say("user", input);
    } else if (input.isArray() && !input.isEmpty()) {
      for (int i = 0; i < input.size(); i++) {
        items.add(input.get(i), "input[" + i + "]");
      }
    } else {
      throw ProblemException.invalidField("input", "input must be a text or a list of items");
    }
    return items.turns;
  }

  private void add(JsonNode item, String field) {
    String type = item.path("type").asText(item.has("role") ? "message" : "");
    switch (type) {
      case "message" -> message(item, field);
      case "function_call" -> call(item, field);
      case "function_call_output" -> output(item, field);
      case "reasoning" -> {}
      case "item_reference" ->
          throw ProblemException.invalidField(
              field, "items are not kept; send " + field + " itself, not its id");
      default ->
          throw ProblemException.invalidField(
              field + ".type",
              field + " must be a message, a function_call or a function_call_output");
    }
  }

  private void message(JsonNode item, String field) {
    if (!item.path("role").isTextual()) {
      throw ProblemException.invalidField(field + ".role", field + " must have a role");
    }
    say(item.path("role").textValue(), content(item.get("content"), field + ".content"));
  }

  private void call(JsonNode item, String field) {
    if (!item.path("name").isTextual() || !item.path("call_id").isTextual()) {
      throw ProblemException.invalidField(field, field + " must have a name and a call_id");
    }
    ArrayNode open = calls;
    if (open == null) {
      open = NODES.arrayNode();
      calls = open;
      turns.add(new ChatTurn("assistant", null, null, open, null));
    }
    ObjectNode function = NODES.objectNode().put("name", item.path("name").textValue());
    function.set("arguments", item.path("arguments"));
    open.addObject()
        .put("id", item.path("call_id").textValue())
        .put("type", "function")
        .set("function", function);
  }

  private void output(JsonNode item, String field) {
    calls = null;
    JsonNode content = content(item.get("output"), field + ".output");
    turns.add(new ChatTurn("tool", content, null, null, item.path("call_id").textValue()));
  }

  private void say(String role, JsonNode content) {
    calls = null;
    turns.add(new ChatTurn(role, content, null, null, null));
  }

  private static JsonNode content(@Nullable JsonNode content, String field) {
    if (content == null || !(content.isTextual() || content.isArray())) {
      throw ProblemException.invalidField(field, field + " must be a text or a list of text parts");
    }
    if (content.isTextual()) {
      return content;
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      String kind = part.path("type").asText();
      boolean refusal = kind.equals("refusal");
      JsonNode words = part.path(refusal ? "refusal" : "text");
      boolean known =
          refusal || kind.equals("input_text") || kind.equals("output_text") || kind.equals("text");
      if (!known || !words.isTextual()) {
        throw ProblemException.invalidField(
            field, field + " may have parts of type input_text and output_text only");
      }
      text.append(words.textValue());
    }
    return TextNode.valueOf(text.toString());
  }
}
