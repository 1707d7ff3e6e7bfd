package dev.whetstone.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A model's chat template: Jinja, rendered as Hugging Face's {@code apply_chat_template} does
 * (trim_blocks, lstrip_blocks, raise_exception). Safe for many threads.
 */
public final class ChatTemplate {
  private static final Jinjava JINJA = jinja();

  private final String template;
  private final Map<String, String> variables;

  private ChatTemplate(String template, Map<String, String> variables) {
    this.template = template;
    this.variables = variables;
  }

  /**
   * Creates a template.
   *
   * @param variables names that the template may use, such as bos_token and eos_token
   */
  public static ChatTemplate of(String jinja, Map<String, String> variables) {
    // Jinja drops one line break at the end of a template (keep_trailing_newline=False).
    String template = jinja.endsWith("\n") ? jinja.substring(0, jinja.length() - 1) : jinja;
    return new ChatTemplate(template, Map.copyOf(variables));
  }

  /**
   * Renders the prompt of a conversation.
   *
   * @param addGenerationPrompt whether the prompt ends with the start of an assistant message
   * @throws TemplateException when the template refuses the conversation or has an error
   */
  public String render(List<Message> messages, boolean addGenerationPrompt)
      throws TemplateException {
    Map<String, Object> bindings = new HashMap<>(variables);
    bindings.put("messages", messages.stream().map(ChatTemplate::fields).toList());
    bindings.put("add_generation_prompt", addGenerationPrompt);
    RenderResult result = JINJA.renderForResult(template, bindings);
    if (!result.getErrors().isEmpty()) {
      throw new TemplateException(reason(result.getErrors()));
    }
    return result.getOutput();
  }

  private static Map<String, Object> fields(Message message) {
    return Map.of("role", message.role(), "content", message.content());
  }

  private static String reason(List<TemplateError> errors) {
    for (TemplateError error : errors) {
      for (Throwable e = error.getException(); e != null; e = e.getCause()) {
        if (e instanceof TemplateException refusal) {
          return Objects.requireNonNullElse(
              refusal.getMessage(), "the chat template refuses the conversation");
        }
      }
    }
    return "the chat template has an error: " + errors.getFirst().getMessage();
  }

  private static Jinjava jinja() {
    Jinjava jinja =
        new Jinjava(
            JinjavaConfig.newBuilder()
                .withTrimBlocks(true)
                .withLstripBlocks(true)
                // A message that holds {{ }} is text, never a template.
                .withNestedInterpretationEnabled(false)
                .build());
    jinja.registerFunction(
        new ELFunctionDefinition(
            "", "raise_exception", ChatTemplate.class, "raiseException", String.class));
    return jinja;
  }

  /** Jinja's raise_exception(message): how a template refuses a conversation. */
  public static String raiseException(String message) {
    throw new TemplateException(message);
  }
}
