package dev.whetstone.preference.trl;

import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Tokenizes imported pairs for the base that they are trained on. A conversation's texts are text:
 * its control tokens are those that the template writes. Plain texts are parsed as Transformers
 * does.
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
   * @throws PairFormatException when a given id is outside the vocabulary, or the ids are those of
   *     other texts
   */
  public TrlPair.Tokens tokenize(TrlPair pair) throws PairFormatException {
    TrlPair.Tokens own = tokenizeTexts(pair);
    TrlPair.Tokens given = pair.tokens();
    if (given == null) {
      return own;
    }
    requireInVocabulary(given);
    requireSamePrompt(given.prompt(), own.prompt(), pair.messages() != null);
    requireSameCompletion("chosen_ids", given.chosen(), own.chosen());
    requireSameCompletion("rejected_ids", given.rejected(), own.rejected());
    return given;
  }

  /** The token ids of a line's texts, whatever ids it gives; completions get the end token. */
  public TrlPair.Tokens tokenizeTexts(TrlPair pair) {
    List<Message> messages = pair.messages();
    return new TrlPair.Tokens(
        messages == null ? tokenizer.encodePrompt(pair.prompt()) : rendered(messages),
        completion(pair.chosen(), messages),
        completion(pair.rejected(), messages));
  }

  private int[] rendered(List<Message> messages) {
    return tokenizer.encode(template.orElseThrow().render(messages, true));
  }

  /** Texts may have several tokenizations, but only one reading, and one place for each turn. */
  private void requireSamePrompt(int[] given, int[] own, boolean conversation)
      throws PairFormatException {
    int[] control = tokenizer.controlTokens(given);
    int[] ownControl = tokenizer.controlTokens(own);
    // Ids of a plain text may be without the beginning of text that the tokenizer adds.
    boolean sameTurns =
        Arrays.equals(control, ownControl)
            || (!conversation && Arrays.equals(control, withoutFirst(ownControl)));
    if (!sameTurns) {
      throw new PairFormatException("prompt_ids has other control tokens than the prompt");
    }
    requireSame("prompt_ids", tokenizer.decode(given, true), tokenizer.decode(own, true));
  }

  private static int[] withoutFirst(int[] ids) {
    return ids.length == 0 ? ids : Arrays.copyOfRange(ids, 1, ids.length);
  }

  /** A model may have written control tokens into a completion: its text is without them. */
  private void requireSameCompletion(String field, int[] given, int[] own)
      throws PairFormatException {
    String text = completionText(own, false);
    if (!completionText(given, true).equals(text)) {
      requireSame(field, completionText(given, false), text);
    }
  }

  private String completionText(int[] ids, boolean skipControl) {
    boolean ended = ids.length > 0 && ids[ids.length - 1] == endToken;
    return tokenizer.decode(ended ? Arrays.copyOf(ids, ids.length - 1) : ids, skipControl);
  }

  private static void requireSame(String field, String given, String own)
      throws PairFormatException {
    if (!given.equals(own)) {
      throw new PairFormatException(field + " are not the ids of the text beside them");
    }
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

  /** The ids of an answer in a conversation that a user wrote, with the end of its turn. */
  public int[] answer(String text) {
    return ended(tokenizer.encodeUserText(text));
  }

  private int[] completion(String text, @Nullable List<Message> messages) {
    return messages == null ? ended(tokenizer.encode(text, false)) : answer(text);
  }

  private int[] ended(int[] ids) {
    int end = ids.length;
    // Some data has the template's end of turn and the line break behind it in its texts.
    while (end > 0
        && ids[end - 1] != endToken
        && tokenizer.decode(at(ids, end - 1), false).isBlank()) {
      end--;
    }
    if (end > 0 && ids[end - 1] == endToken) {
      return Arrays.copyOf(ids, end);
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = endToken;
    return ended;
  }

  private static int[] at(int[] ids, int index) {
    return new int[] {ids[index]};
  }
}
