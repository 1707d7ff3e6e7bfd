package dev.whetstone.gateway.openai;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.whetstone.grammar.schema.CallStyle;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.TemplateException;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds out how a chat template writes calls of tools, by rendering one. */
@Singleton
final class ToolForms {
  private static final String ID = "abcdefghi";
  private static final Map<String, Object> TOOL =
      Map.of(
          "type",
          "function",
          "function",
          Map.of("name", "look_up", "description", "", "parameters", Map.of()));

  private final Cache<ChatTemplate, Optional<CallStyle>> styles =
      Caffeine.newBuilder().weakKeys().build();

  /** The form of a template; empty if it has no tools, or writes their calls in an unknown way. */
  Optional<CallStyle> of(ChatTemplate template) {
    return styles.get(template, ToolForms::probe);
  }

  static Optional<CallStyle> probe(ChatTemplate template) {
    Map<String, Object> call =
        Map.of("id", ID, "type", "function", "function", function("look_up"));
    List<Map<String, Object>> messages =
        List.of(
            Map.of("role", "user", "content", "?"),
            Map.of("role", "assistant", "content", "", "tool_calls", List.of(call)),
            Map.of("role", "tool", "content", "!", "tool_call_id", ID));
    try {
      String offered = template.render(conversation(messages.subList(0, 1))).text();
      String called = template.render(conversation(messages)).text();
      return offered.contains("look_up") ? style(called) : Optional.empty();
    } catch (TemplateException refused) {
      return Optional.empty();
    }
  }

  private static Map<String, Object> function(String name) {
    return Map.of("name", name, "arguments", Map.of());
  }

  private static Conversation conversation(List<Map<String, Object>> messages) {
    return new Conversation(messages, List.of(TOOL), null, Conversation.End.ANSWER, Map.of(), null);
  }

  private static Optional<CallStyle> style(String rendered) {
    String text = rendered.replace(" ", "");
    if (text.contains(CallStyle.MISTRAL_MARK + "[{")) {
      return Optional.of(CallStyle.MISTRAL);
    }
    if (text.contains("{\"name\":\"look_up\",\"parameters\":{}}")) {
      return Optional.of(CallStyle.LLAMA);
    }
    return text.contains(ToolCallReader.OPENING) ? Optional.of(CallStyle.HERMES) : Optional.empty();
  }
}
