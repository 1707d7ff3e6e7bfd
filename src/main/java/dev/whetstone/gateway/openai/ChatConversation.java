package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.generate.MessageRoles;
import dev.whetstone.gateway.generate.Prompt;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Renders a chat with tools: as the model's template does, where that writes calls between {@code
 * tool_call} tags as Hermes and Qwen do; otherwise in plain messages that explain the same form.
 */
final class ChatConversation {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String INSTRUCTIONS =
      """
      You may call these functions:
      {tools}
      To call one, answer with its name and its arguments in this form:
      <tool_call>
      {"name": "…", "arguments": {…}}
      </tool_call>""";

  private final List<Map<String, @Nullable Object>> messages = new ArrayList<>();
  private final List<JsonNode> tools;
  private final boolean plain;

  /**
   * @param tools that the model may call; may be empty
   */
  ChatConversation(
      ServedModel model, List<ChatCompletionRequest.ChatTurn> turns, List<JsonNode> tools) {
    this.tools = tools;
    this.plain = !knowsTools(model);
    for (int i = 0; i < turns.size(); i++) {
      add(turns.get(i), "messages[" + i + "]");
    }
    if (plain && !tools.isEmpty()) {
      explainTools();
    }
  }

  /** Whether a chat needs more than roles and contents. */
  static boolean isNeeded(List<ChatCompletionRequest.ChatTurn> turns, List<JsonNode> tools) {
    return !tools.isEmpty()
        || turns.stream().anyMatch(t -> t != null && (hasCalls(t) || "tool".equals(t.role())));
  }

  /** Whether the tools are explained in plain messages, for want of a template with tools. */
  boolean isPlain() {
    return plain && !tools.isEmpty();
  }

  Conversation conversation() {
    Conversation conversation = new Conversation(messages, null, null, true, Map.of(), null);
    return plain || tools.isEmpty()
        ? conversation
        : conversation.withTools(tools.stream().map(ChatConversation::plainData).toList());
  }

  private static boolean knowsTools(ServedModel model) {
    Map<String, Object> function = Map.of("name", "f", "description", "", "parameters", Map.of());
    Conversation probe =
        Conversation.of(List.of(new Message("user", "?")), true)
            .withTools(List.of(Map.of("type", "function", "function", function)));
    try {
      return Prompt.render(model, probe).text().contains(ToolCallReader.OPENING);
    } catch (ProblemException refused) {
      return false;
    }
  }

  private static @Nullable Object plainData(JsonNode tree) {
    return JSON.convertValue(tree, Object.class);
  }

  private static boolean hasCalls(ChatCompletionRequest.ChatTurn turn) {
    JsonNode calls = turn.toolCalls();
    return calls != null && calls.isArray() && !calls.isEmpty();
  }

  private void add(ChatCompletionRequest.@Nullable ChatTurn turn, String field) {
    if (turn == null || turn.role() == null) {
      throw ProblemException.invalidField(field + ".role", field + " must have a role");
    }
    String role = MessageRoles.canonical(turn.role(), field + ".role");
    boolean silent = hasCalls(turn) && (turn.content() == null || turn.content().isNull());
    String content =
        silent ? "" : ChatCompletionsResource.content(turn.content(), field + ".content");
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    if (hasCalls(turn)) {
      List<Map<String, Object>> calls = calls(turn, field);
      if (plain) {
        message.put("content", written(content, calls));
      } else {
        message.put("tool_calls", calls);
      }
    }
    if (role.equals("tool")) {
      if (plain) {
        message.put("role", "user");
        message.put("content", "<tool_response>\n" + content + "\n</tool_response>");
      } else if (turn.toolCallId() != null) {
        message.put("tool_call_id", turn.toolCallId());
      }
    }
    messages.add(message);
  }

  private static List<Map<String, Object>> calls(
      ChatCompletionRequest.ChatTurn turn, String field) {
    List<Map<String, Object>> calls = new ArrayList<>();
    for (JsonNode call : turn.toolCalls() == null ? List.<JsonNode>of() : turn.toolCalls()) {
      JsonNode function = call.path("function");
      String place = field + ".tool_calls[" + calls.size() + "].function";
      if (!function.path("name").isTextual()) {
        throw ProblemException.invalidField(place + ".name", place + " must have a name");
      }
      Map<String, Object> written = new LinkedHashMap<>();
      written.put("name", function.path("name").textValue());
      written.put("arguments", arguments(function.get("arguments"), place));
      calls.add(Map.of("id", call.path("id").asText(), "type", "function", "function", written));
    }
    return calls;
  }

  /** Templates write arguments as JSON themselves, so they get them as data. */
  private static Object arguments(@Nullable JsonNode arguments, String place) {
    try {
      JsonNode tree =
          arguments == null || arguments.isNull()
              ? JSON.createObjectNode()
              : arguments.isTextual() ? JSON.readTree(arguments.textValue()) : arguments;
      return JSON.convertValue(tree, Map.class);
    } catch (JsonProcessingException | IllegalArgumentException malformed) {
      throw ProblemException.invalidField(
          place + ".arguments", place + ".arguments must be a JSON object as text");
    }
  }

  private static String written(String content, List<Map<String, Object>> calls) {
    StringBuilder text = new StringBuilder(content);
    for (Map<String, Object> call : calls) {
      text.append(text.isEmpty() ? "" : "\n")
          .append(ToolCallReader.OPENING + "\n")
          .append(JSON.valueToTree(call.get("function")).toString())
          .append("\n" + ToolCallReader.CLOSING);
    }
    return text.toString();
  }

  private void explainTools() {
    String list = String.join("\n", tools.stream().map(JsonNode::toString).toList());
    String text = INSTRUCTIONS.replace("{tools}", list);
    Map<String, @Nullable Object> first = messages.isEmpty() ? Map.of() : messages.getFirst();
    if ("system".equals(first.get("role"))) {
      first.put("content", first.get("content") + "\n\n" + text);
    } else {
      Map<String, @Nullable Object> system = new LinkedHashMap<>();
      system.put("role", "system");
      system.put("content", text);
      messages.addFirst(system);
    }
  }
}
