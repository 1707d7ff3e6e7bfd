package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Conversation;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import dev.whetstone.text.template.Rendered;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The prompt that the model continues.
 *
 * @param text the rendered conversation or the plain text
 * @param ids its token ids
 */
public record Prompt(String text, int[] ids) {
  // Twice what a text of the most compact language has.
  private static final int LENGTH_PER_TOKEN = 16;
  private static final int MIN_READABLE = 1 << 16;

  /** The words are OpenAI's: clients recognise the problem by them. */
  private static final String MAXIMUM =
      "This model's maximum context length is %d tokens. However, ";

  /** What a message adds to a prompt, counted so that empty ones are bounded too. */
  private static final int MESSAGE_LENGTH = 16;

  /**
   * Encodes either a conversation or a text.
   *
   * @throws ProblemException 400 when both or neither are given, or the prompt is empty
   */
  static Prompt of(ServedModel model, @Nullable List<Message> messages, @Nullable String text) {
    if ((messages == null) == (text == null)) {
      throw ProblemException.invalidField("messages", "give either messages or prompt");
    }
    if (text == null) {
      return of(model, render(model, messages == null ? List.of() : messages));
    }
    requireReadable("prompt", model, text.length());
    return nonEmpty(text, model.tokenizer().encodePrompt(text));
  }

  private static Prompt of(ServedModel model, Rendered conversation) {
    requireReadable("messages", model, conversation.text().length());
    return nonEmpty(conversation.text(), model.tokenizer().encode(conversation));
  }

  private static Prompt nonEmpty(String text, int[] ids) {
    if (text.isEmpty() || ids.length == 0) {
      throw ProblemException.invalidField("prompt", "the prompt is empty");
    }
    return new Prompt(text, ids);
  }

  /**
   * Encodes a conversation that may have tools.
   *
   * @throws ProblemException 400 when the template refuses it
   */
  static Prompt of(ServedModel model, Conversation conversation) {
    return of(model, render(model, conversation));
  }

  /**
   * Wraps token ids.
   *
   * @throws ProblemException 400 when there are none or one is outside the vocabulary
   */
  static Prompt of(ServedModel model, int[] ids) {
    if (ids.length == 0) {
      throw ProblemException.invalidField("prompt", "the prompt is empty");
    }
    requireRemaining(model, ids.length, "prompt");
    requireInVocabulary("prompt", model, ids);
    return new Prompt(model.tokenizer().decode(ids, false), ids);
  }

  /**
   * Checks that token ids are in the model's vocabulary.
   *
   * @throws ProblemException 400 naming the field
   */
  static void requireInVocabulary(String field, ServedModel model, int[] ids) {
    int size = model.tokenizer().vocabularySize();
    if (IntStream.of(ids).anyMatch(id -> id < 0 || id >= size)) {
      throw ProblemException.invalidField(
          field, field + " must have token ids in [0, " + size + ")");
    }
  }

  /**
   * Refuses a text that is too long to be of use, before it is rendered or tokenised: that takes
   * time in proportion, and no other request of this thread gets any meanwhile.
   *
   * @param length in UTF-16 units, of which a token has at least one
   * @throws ProblemException 400 {@code prompt_too_long}
   */
  static void requireReadable(String field, ServedModel model, long length) {
    long most = Math.max(MIN_READABLE, (long) LENGTH_PER_TOKEN * model.engine().slotLength());
    if (length > most) {
      throw ProblemException.badField(
          field,
          "prompt_too_long",
          MAXIMUM.formatted(model.engine().slotLength())
              + "%s has %d characters, of which at most %d are read."
                  .formatted(field, length, most));
    }
  }

  /** Renders a conversation with the model's chat template, up to the start of the answer. */
  static Rendered render(ServedModel model, List<Message> messages) {
    if (messages.isEmpty()) {
      throw ProblemException.invalidField("messages", "messages is empty");
    }
    if (messages.contains(null)) {
      throw ProblemException.invalidField("messages", "a message is null");
    }
    List<Message> known = new ArrayList<>();
    long length = 0;
    for (int i = 0; i < messages.size(); i++) {
      Message message = messages.get(i);
      String role = MessageRoles.canonical(message.role(), "messages[" + i + "].role");
      known.add(new Message(role, message.content()));
      length += MESSAGE_LENGTH + role.length() + message.content().length();
    }
    requireReadable("messages", model, length);
    return render(model, Conversation.of(known, Conversation.End.ANSWER));
  }

  /**
   * Renders a conversation with the model's chat template.
   *
   * @throws ProblemException 400 when the model has no template or the template refuses
   */
  public static Rendered render(ServedModel model, Conversation conversation) {
    ChatTemplate template =
        model
            .template()
            .orElseThrow(
                () ->
                    ProblemException.badField(
                        "messages",
                        "no_chat_template",
                        "this model has no chat template; send prompt instead"));
    try {
      return template.render(conversation);
    } catch (TemplateException refused) {
      throw ProblemException.badField(
          "messages", "template_refused", String.valueOf(refused.getMessage()));
    }
  }

  /**
   * The number of tokens left for a completion.
   *
   * @param field that gave the prompt
   * @throws ProblemException 400 when the prompt fills the context
   */
  int remainingTokens(ServedModel model, String field) {
    return requireRemaining(model, ids.length, field);
  }

  private static int requireRemaining(ServedModel model, int tokens, String field) {
    int remaining = model.engine().slotLength() - tokens;
    if (remaining < 1) {
      throw ProblemException.badField(
          field,
          "prompt_too_long",
          MAXIMUM.formatted(model.engine().slotLength())
              + "the prompt has %d tokens, and the context must also hold the completion."
                  .formatted(tokens));
    }
    return remaining;
  }
}
