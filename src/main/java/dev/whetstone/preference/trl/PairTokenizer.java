package dev.whetstone.preference.trl;

import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Tokenizer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Tokenizes imported pairs for the base that they are trained on.
 *
 * @param template renders conversations; empty where the base has none
 * @param endToken appended to a completion that does not end with it
 * @param baseHash hash of the base whose tokenizer this is
 */
public record PairTokenizer(
    Tokenizer tokenizer, Optional<ChatTemplate> template, int endToken, String baseHash) {

  /**
   * The token ids that a line gives, or else those of its texts.
   *
   * @throws PairFormatException when a given id is outside the vocabulary
   */
  public TrlPair.Tokens tokenize(TrlPair pair) throws PairFormatException {
    TrlPair.Tokens given = pair.tokens();
    if (given == null) {
      return tokenizeTexts(pair);
    }
    return requireInVocabulary(given);
  }

  /** The token ids of a line's texts, whatever ids it gives; completions get the end token. */
  public TrlPair.Tokens tokenizeTexts(TrlPair pair) {
    int[] prompt = tokenizer.encode(pair.prompt(), false);
    return new TrlPair.Tokens(prompt, completion(pair.chosen()), completion(pair.rejected()));
  }

  /**
   * Returns given ids unchanged.
   *
   * @throws PairFormatException when one is outside the vocabulary
   */
  TrlPair.Tokens requireInVocabulary(TrlPair.Tokens given) throws PairFormatException {
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
