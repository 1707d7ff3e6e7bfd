package dev.whetstone.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.generate.MessageRoles;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.io.Sha256;
import dev.whetstone.text.Conversation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A chat as a template renders it: with the tools and calls of a template that has them; otherwise
 * in plain messages that explain the form of Hermes and Qwen.
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

  private static final int MISTRAL_ID_LENGTH = 9;
  private static final Pattern MISTRAL_ID = Pattern.compile("[A-Za-z0-9]{9}");

  private final List<Map<String, @Nullable Object>> messages = new ArrayList<>();
  private final List<JsonNode> tools;
  private final @Nullable CallStyle style;
  // Calls whose message is written only when their answer comes, by their ids.
  private final Map<String, Map<String, Object>> open = new LinkedHashMap<>();

  /**
   * @param style how the template writes calls; null if it has none
   * @param tools that the model may call; may be empty
   */
  ChatConversation(
      @Nullable CallStyle style, List<ChatCompletionRequest.ChatTurn> turns, List<JsonNode> tools) {
    this.style = style;
    this.tools = tools;
    for (int i = 0; i < turns.size(); i++) {
      add(turns.get(i), "messages[" + i + "]");
    }
    closeCalls();
    if (style == null && !tools.isEmpty()) {
      explainTools();
    }
  }

  /** Whether a chat needs more than roles and contents. */
  static boolean isNeeded(List<ChatCompletionRequest.ChatTurn> turns, List<JsonNode> tools) {
    return !tools.isEmpty()
        || turns.stream().anyMatch(t -> t != null && (hasCalls(t) || "tool".equals(t.role())));
  }

  /**
   * The conversation.
   *
   * @param end where the prompt ends
   * @param variables further names for the template
   */
  Conversation conversation(
      Conversation.End end, Map<String, ? extends @Nullable Object> variables) {
    Conversation conversation = new Conversation(messages, null, null, end, variables, null);
    return style == null || tools.isEmpty()
        ? conversation
        : conversation.withTools(tools.stream().map(ChatConversation::plainData).toList());
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
    String content = silent ? "" : ChatTranslator.content(turn.content(), field + ".content");
    if (role.equals("tool")) {
      answer(content, turn.toolCallId());
      return;
    }
    closeCalls();
    if (!hasCalls(turn)) {
      messages.add(message(role, content));
      return;
    }
    List<Map<String, Object>> calls = calls(turn, field);
    if (style == null) {
      messages.add(message(role, written(content, calls)));
    } else if (style == CallStyle.LLAMA && calls.size() > 1) {
      calls.forEach(call -> open.put(String.valueOf(call.get("id")), call));
    } else {
      messages.add(calling(content, calls));
    }
  }

  private static Map<String, @Nullable Object> message(String role, String content) {
    Map<String, @Nullable Object> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  private static Map<String, @Nullable Object> calling(
      String content, List<Map<String, Object>> calls) {
    Map<String, @Nullable Object> message = message("assistant", content);
    message.put("tool_calls", calls);
    return message;
  }

  private void answer(String content, @Nullable String callId) {
    if (style == null) {
      messages.add(message("user", "<tool_response>\n" + content + "\n</tool_response>"));
      return;
    }
    Map<String, Object> call = callId == null ? null : open.remove(callId);
    if (call != null) {
      messages.add(calling("", List.of(call)));
    }
    Map<String, @Nullable Object> message = message("tool", content);
    if (callId != null) {
      message.put("tool_call_id", callId(callId));
    }
    messages.add(message);
  }

  /** Writes calls that got no answer: templates of Llama take one call in a message. */
  private void closeCalls() {
    open.values().forEach(call -> messages.add(calling("", List.of(call))));
    open.clear();
  }

  /** The id of a call as the template takes it: Mistral's have nine letters and digits. */
  private String callId(String id) {
    if (style != CallStyle.MISTRAL || MISTRAL_ID.matcher(id).matches()) {
      return id;
    }
    return Sha256.of(id).substring(0, MISTRAL_ID_LENGTH);
  }

  private List<Map<String, Object>> calls(ChatCompletionRequest.ChatTurn turn, String field) {
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
      calls.add(
          Map.of("id", callId(call.path("id").asText()), "type", "function", "function", written));
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
