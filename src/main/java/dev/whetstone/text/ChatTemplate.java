package dev.whetstone.text;

import dev.whetstone.text.template.Rendered;
import dev.whetstone.text.template.Template;
import dev.whetstone.text.template.syntax.JinjaException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model's chat template, or its several named ones: Jinja, rendered as Hugging Face's {@code
 * apply_chat_template} does. Safe for many threads.
 */
public final class ChatTemplate {
  private static final String DEFAULT = "default";
  private static final String WITH_TOOLS = "tool_use";

  /** Names of what a model thought; templates read the first, gpt-oss's the second. */
  private static final List<String> REASONING =
      List.of("reasoning_content", "thinking", "reasoning");

  private final Map<String, Compiled> templates;
  private final Map<String, String> variables;
  private final Clock clock;

  private ChatTemplate(
      Map<String, Compiled> templates, Map<String, String> variables, Clock clock) {
    this.templates = templates;
    this.variables = variables;
    this.clock = clock;
  }

  /** A template, or what is wrong with its text. */
  private record Compiled(@Nullable Template template, String problem) {
    static Compiled of(String jinja) {
      try {
        return new Compiled(Template.compile(jinja), "");
      } catch (JinjaException broken) {
        return new Compiled(null, failure(broken));
      }
    }
  }

  /**
   * Creates a template. One with an error can be created too: it refuses every conversation.
   *
   * @param variables names that the template may use, such as bos_token and eos_token
   */
  public static ChatTemplate of(String jinja, Map<String, String> variables) {
    return named(Map.of(DEFAULT, jinja), variables);
  }

  /**
   * Creates a template of several, as tokenizer_config.json can list them.
   *
   * @param templates Jinja by name: {@code default}, and others such as {@code tool_use} and {@code
   *     rag}
   * @param variables names that the templates may use, such as bos_token and eos_token
   */
  public static ChatTemplate named(Map<String, String> templates, Map<String, String> variables) {
    Map<String, Compiled> compiled = new TreeMap<>();
    templates.forEach((name, jinja) -> compiled.put(name, Compiled.of(jinja)));
    return new ChatTemplate(compiled, Map.copyOf(variables), Clock.system(ZoneId.systemDefault()));
  }

  /** The same template with another clock for its strftime_now. */
  public ChatTemplate at(Clock clock) {
    return new ChatTemplate(templates, variables, clock);
  }

  /** What is wrong with the text of a template, if one has an error. */
  public Optional<String> problem() {
    return templates.values().stream()
        .map(Compiled::problem)
        .filter(problem -> !problem.isEmpty())
        .findFirst();
  }

  /**
   * Renders the prompt of a conversation.
   *
   * @param addGenerationPrompt whether the prompt ends with the start of an assistant message
   * @throws TemplateException when the template refuses the conversation or has an error
   */
  public Rendered render(List<Message> messages, boolean addGenerationPrompt)
      throws TemplateException {
    return render(
        Conversation.of(
            messages, addGenerationPrompt ? Conversation.End.ANSWER : Conversation.End.MESSAGE));
  }

  /**
   * Renders the prompt of a conversation with all that a template may be told. All of it but the
   * names of roles is the user's text.
   *
   * @throws TemplateException when the template refuses the conversation or has an error, or there
   *     is none of the name that the conversation asks for
   */
  public Rendered render(Conversation conversation) throws TemplateException {
    Compiled chosen = chosen(conversation);
    if (chosen.template() == null) {
      throw new TemplateException(chosen.problem());
    }
    Map<String, @Nullable Object> data = new HashMap<>(conversation.variables());
    data.put(
        "messages", conversation.messages().stream().map(ChatTemplate::withKnownRole).toList());
    data.put("tools", conversation.tools());
    data.put("documents", conversation.documents());
    data.put("add_generation_prompt", conversation.end() == Conversation.End.ANSWER);
    try {
      Rendered whole = chosen.template().render(variables, data, clock);
      return conversation.end() == Conversation.End.OPEN_MESSAGE
          ? upToTheEndOf(conversation.messages().getLast().get("content"), whole)
          : whole;
    } catch (JinjaException failed) {
      throw new TemplateException(failure(failed));
    }
  }

  /**
   * Cuts what the template writes behind the last message, as Transformers' {@code
   * continue_final_message} does: white space at the message's end stays only where the template
   * keeps it.
   */
  private static Rendered upToTheEndOf(@Nullable Object content, Rendered whole) {
    String message = content instanceof String text ? text : "";
    int start = message.isBlank() ? -1 : whole.text().lastIndexOf(message.strip());
    if (start < 0) {
      throw new TemplateException(
          "the last message cannot be continued: the prompt does not have its text");
    }
    String kept = message.stripLeading();
    return whole.upTo(
        start + (whole.text().startsWith(kept, start) ? kept.length() : message.strip().length()));
  }

  /** Templates write roles into control tokens, such as Phi's, so they count as the template's. */
  private static Map<String, @Nullable Object> withKnownRole(
      Map<String, ? extends @Nullable Object> message) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(message);
    REASONING.stream()
        .map(message::get)
        .filter(Objects::nonNull)
        .findFirst()
        .ifPresent(
            reasoning -> {
              fields.put("reasoning_content", reasoning);
              fields.putIfAbsent("thinking", reasoning);
            });
    fields.computeIfPresent(
        "role",
        (_, role) ->
            Roles.canonical(role.toString()).<Object>map(Template.OwnText::new).orElse(role));
    return fields;
  }

  private Compiled chosen(Conversation conversation) {
    boolean tools = conversation.tools() != null && templates.containsKey(WITH_TOOLS);
    String byTools = tools ? WITH_TOOLS : DEFAULT;
    String name = conversation.template() == null ? byTools : conversation.template();
    Compiled chosen = templates.get(name);
    if (chosen == null) {
      throw new TemplateException(
          "the model has no chat template named " + name + ", only " + templates.keySet());
    }
    return chosen;
  }

  private static String failure(JinjaException failed) {
    return failed.isRefusal()
        ? String.valueOf(failed.getMessage())
        : "the chat template has an error: " + failed.getMessage();
  }
}
