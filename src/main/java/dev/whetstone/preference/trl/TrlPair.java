package dev.whetstone.preference.trl;

import dev.whetstone.text.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt with a chosen and a rejected completion.
 *
 * @param prompt the text that both continue; a conversation is rendered by the chat template
 * @param messages the conversation; null where the prompt was plain text
 * @param tokens the token ids; null where they are unknown
 */
public record TrlPair(
    String prompt,
    @Nullable List<Message> messages,
    String chosen,
    String rejected,
    @Nullable Tokens tokens) {
  /** Token ids; those of a completion include its end token. */
  public record Tokens(int[] prompt, int[] chosen, int[] rejected) {}

  /** The same pair with these token ids. */
  public TrlPair withTokens(Tokens replacement) {
    return new TrlPair(prompt, messages, chosen, rejected, replacement);
  }
}
