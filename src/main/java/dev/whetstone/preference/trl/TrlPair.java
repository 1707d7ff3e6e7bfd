package dev.whetstone.preference.trl;

import dev.whetstone.text.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt with the completion that was chosen and the one that was not.
 *
 * @param prompt the text that both continue, rendered where it was a conversation
 * @param messages the conversation; null where the prompt was plain text
 * @param tokens their ids, where they are known
 */
public record TrlPair(
    String prompt,
    @Nullable List<Message> messages,
    String chosen,
    String rejected,
    @Nullable Tokens tokens) {
  /** Token ids; a completion's hold its end token. */
  public record Tokens(int[] prompt, int[] chosen, int[] rejected) {}

  /** The same with these ids. */
  public TrlPair with(Tokens known) {
    return new TrlPair(prompt, messages, chosen, rejected, known);
  }
}
