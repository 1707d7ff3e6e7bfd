package dev.whetstone.models;

import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import dev.whetstone.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The tokens that a chat template writes before the first text of a conversation. */
final class TemplateStart {
  private TemplateStart() {}

  /** The tokens; none without a template, or with one that refuses a plain question. */
  static int[] of(Optional<ChatTemplate> template, Tokenizer tokenizer) {
    if (template.isEmpty()) {
      return new int[0];
    }
    try {
      int[] one = ask(template.get(), tokenizer, "whet");
      int[] other = ask(template.get(), tokenizer, "Stone");
      int differ = Arrays.mismatch(one, other);
      return Arrays.copyOf(one, Math.max(0, differ));
    } catch (TemplateException refused) {
      return new int[0];
    }
  }

  private static int[] ask(ChatTemplate template, Tokenizer tokenizer, String question)
      throws TemplateException {
    return tokenizer.encode(template.render(List.of(new Message("user", question)), true));
  }
}
