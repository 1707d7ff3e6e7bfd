package dev.whetstone.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Decodes with the library's own decoder, which may write a token in another way than alone: it
 * takes the space off the first, joins bytes, or puts spaces between. So each new token is decoded
 * together with those before it, as far back as their text is not empty, and what is longer than
 * their own text is new. A text that ends in U+FFFD is held back, for the next byte may complete
 * its last character.
 */
final class WindowDecoder implements TokenDecoder {
  /** Tokens held back at most: bytes that never become a character are written as they are. */
  private static final int MAX_HELD = 16;

  private final Vocabulary vocabulary;
  private final Function<int[], String> decode;

  /** Tokens whose text is known, then those held back. */
  private final List<Integer> window = new ArrayList<>();

  private int held;
  private String known = "";

  /**
   * Begins a text.
   *
   * @param decode ids to text, without special tokens
   */
  WindowDecoder(Vocabulary vocabulary, Function<int[], String> decode) {
    this.vocabulary = vocabulary;
    this.decode = decode;
  }

  @Override
  public String push(int id) {
    if (!vocabulary.isText(id)) {
      return "";
    }
    window.add(id);
    held++;
    String text = decoded(0);
    return text.endsWith("\ufffd") && held < MAX_HELD ? "" : take(text);
  }

  private String decoded(int from) {
    return decode.apply(
        window.subList(from, window.size()).stream().mapToInt(Integer::intValue).toArray());
  }

  private String take(String text) {
    String last = decoded(window.size() - held);
    // A byte that is no character spoils those before it in the library's run of bytes.
    String piece = text.startsWith(known) ? text.substring(known.length()) : last;
    known = text;
    // The last tokens alone are context enough, unless they are all that the decoder takes off.
    if (!last.isEmpty()) {
      window.subList(0, window.size() - held).clear();
      known = last;
    }
    held = 0;
    return piece;
  }

  @Override
  public String finish() {
    String rest = held == 0 ? "" : take(decoded(0));
    window.clear();
    known = "";
    held = 0;
    return rest;
  }
}
