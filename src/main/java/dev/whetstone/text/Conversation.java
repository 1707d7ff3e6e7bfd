package dev.whetstone.text;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a chat template renders, as plain data: texts, numbers, booleans, lists, maps and null.
 *
 * @param messages the fields of each message, such as role, content and tool_calls
 * @param tools the tools that the model may call, as JSON schemas; null if there are none
 * @param documents texts to answer from; null if there are none
 * @param end where the prompt ends
 * @param variables further names for the template, such as enable_thinking
 * @param template the name of the template; null for that which suits the tools
 */
public record Conversation(
    List<? extends Map<String, ? extends @Nullable Object>> messages,
    @Nullable List<?> tools,
    @Nullable List<?> documents,
    End end,
    Map<String, ? extends @Nullable Object> variables,
    @Nullable String template) {

  /** Where a prompt ends. */
  public enum End {
    /** Behind the start of an assistant message: an answer follows. */
    ANSWER,
    /** Behind the last message. */
    MESSAGE,
    /** With the last character of the last message, which is continued. */
    OPEN_MESSAGE
  }

  /** A conversation of roles and contents alone. */
  public static Conversation of(List<Message> messages, End end) {
    return new Conversation(
        messages.stream()
            .map(message -> Map.of("role", message.role(), "content", message.content()))
            .toList(),
        null,
        null,
        end,
        Map.of(),
        null);
  }

  /** The same conversation with tools that the model may call. */
  public Conversation withTools(List<?> tools) {
    return new Conversation(messages, tools, documents, end, variables, template);
  }

  /** The same conversation with texts to answer from. */
  public Conversation withDocuments(List<?> documents) {
    return new Conversation(messages, tools, documents, end, variables, template);
  }

  /** The same conversation with further names for the template. */
  public Conversation withVariables(Map<String, ? extends @Nullable Object> variables) {
    return new Conversation(messages, tools, documents, end, variables, template);
  }

  /** The same conversation with another end of the prompt. */
  public Conversation endingWith(End end) {
    return new Conversation(messages, tools, documents, end, variables, template);
  }

  /** The same conversation for a template by name. */
  public Conversation withTemplate(String template) {
    return new Conversation(messages, tools, documents, end, variables, template);
  }
}
