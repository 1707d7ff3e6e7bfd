package dev.whetstone.grammar;

import dev.whetstone.grammar.machine.Machine;
import dev.whetstone.grammar.machine.State;

/** Follows one text token by token. Not thread-safe. */
public final class GrammarMatcher {
  private final Machine machine;
  private final TokenVocabulary vocabulary;
  private State state;

  GrammarMatcher(Machine machine, TokenVocabulary vocabulary) {
    this.machine = machine;
    this.vocabulary = vocabulary;
    this.state = machine.start();
  }

  /**
   * The tokens that may come next, bit by bit from token 0 on; shared, so not to be changed. End
   * tokens are among them where the text is whole.
   */
  public long[] mask() {
    return vocabulary.mask(machine, state);
  }

  /**
   * Adds a token to the text; an end token changes nothing.
   *
   * @throws IllegalArgumentException when the token may not come next
   */
  public void accept(int token) {
    if (vocabulary.isEnd(token)) {
      return;
    }
    for (byte b : vocabulary.bytes(token)) {
      State next = machine.step(state, b & 0xff);
      if (next == null) {
        throw new IllegalArgumentException("token " + token + " does not continue the text");
      }
      state = next;
    }
  }
}
