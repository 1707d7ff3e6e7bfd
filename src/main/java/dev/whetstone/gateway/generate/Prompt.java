package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks the model to continue.
 *
 * @param text the rendered conversation or the plain text
 * @param ids its token ids
 */
public record Prompt(String text, int[] ids) {
  /**
   * Takes either a conversation or a text.
   *
   * @throws ProblemException 400 when both or neither are given or nothing is in them
   */
  static Prompt of(ServedModel model, @Nullable List<Message> messages, @Nullable String text) {
    if ((messages == null) == (text == null)) {
      throw ProblemException.badField(
          "messages", "invalid_field", "give either messages or prompt");
    }
    String whole = text == null ? render(model, messages == null ? List.of() : messages) : text;
    int[] ids = model.tokenizer().encode(whole, false);
    if (ids.length == 0) {
      throw ProblemException.badField("prompt", "invalid_field", "the prompt is empty");
    }
    return new Prompt(whole, ids);
  }

  /**
   * Takes token ids.
   *
   * @throws ProblemException 400 when there are none or one is outside the vocabulary
   */
  static Prompt of(ServedModel model, int[] ids) {
    if (ids.length == 0) {
      throw ProblemException.badField("prompt", "invalid_field", "the prompt is empty");
    }
    requireKnown("prompt", model, ids);
    return new Prompt(model.tokenizer().decode(ids, false), ids);
  }

  /**
   * Takes ids of the model's vocabulary alone.
   *
   * @throws ProblemException 400 naming the field
   */
  static void requireKnown(String field, ServedModel model, int[] ids) {
    int size = model.tokenizer().vocabularySize();
    if (IntStream.of(ids).anyMatch(id -> id < 0 || id >= size)) {
      throw ProblemException.badField(
          field, "invalid_field", field + " must hold ids in [0, " + size + ")");
    }
  }

  /** The text the model's chat template makes of a conversation, the answer's turn opened. */
  static String render(ServedModel model, List<Message> messages) {
    if (messages.isEmpty()) {
      throw ProblemException.badField("messages", "invalid_field", "messages is empty");
    }
    if (messages.contains(null)) {
      throw ProblemException.badField("messages", "invalid_field", "a message is null");
    }
    ChatTemplate template =
        model
            .template()
            .orElseThrow(
                () ->
                    ProblemException.badField(
                        "messages", "no_chat_template", "this model takes plain prompts only"));
    try {
      return template.render(messages, true);
    } catch (TemplateException refused) {
      throw ProblemException.badField(
          "messages", "template_refused", String.valueOf(refused.getMessage()));
    }
  }

  /**
   * Tokens left for a completion.
   *
   * @throws ProblemException 400 when the prompt fills the context
   */
  int room(ServedModel model) {
    int room = model.engine().slotLength() - ids.length;
    if (room < 1) {
      throw ProblemException.of(
          400,
          "prompt_too_long",
          "the prompt has %d tokens and the context holds %d with the completion"
              .formatted(ids.length, model.engine().slotLength()));
    }
    return room;
  }
}
