package dev.whetstone.preference.trl;

import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Turns imported texts into the ids a base trains on.
 *
 * @param template empty where the base has none
 * @param endToken appended to a completion that does not end with it
 * @param baseHash of the base whose tokenizer this is
 */
public record PairTokenizer(
    Tokenizer tokenizer, Optional<ChatTemplate> template, int endToken, String baseHash) {

  /** The ids a line gave, or else those of its texts. */
  public TrlPair.Tokens tokens(TrlPair pair) throws PairFormatException {
    TrlPair.Tokens given = pair.tokens();
    if (given == null) {
      int[] prompt = tokenizer.encode(pair.prompt(), false);
      return new TrlPair.Tokens(prompt, completion(pair.chosen()), completion(pair.rejected()));
    }
    return known(given);
  }

  /**
   * Ids as they were given.
   *
   * @throws PairFormatException when one is outside the vocabulary
   */
  TrlPair.Tokens known(TrlPair.Tokens given) throws PairFormatException {
    int size = tokenizer.vocabularySize();
    if (IntStream.of(given.prompt()).anyMatch(id -> id >= size)
        || IntStream.of(given.chosen()).anyMatch(id -> id >= size)
        || IntStream.of(given.rejected()).anyMatch(id -> id >= size)) {
      throw new PairFormatException("token ids must be below " + size);
    }
    return given;
  }

  private int[] completion(String text) {
    int[] ids = tokenizer.encode(text, false);
    if (ids.length > 0 && ids[ids.length - 1] == endToken) {
      return ids;
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = endToken;
    return ended;
  }
}
