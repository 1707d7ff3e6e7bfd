package dev.whetstone.text;

/**
 * Turns ids into text one by one; all pieces together are what decoding the ids at once gives,
 * special tokens left out. For one completion and one thread.
 */
public final class TokenDecoder {
  private final Vocabulary vocabulary;
  private final Utf8Stream utf8 = new Utf8Stream();

  TokenDecoder(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** The text that is certain once {@code id} is known; holds back an unfinished character. */
  public String push(int id) {
    StringBuilder text = new StringBuilder();
    for (byte next : vocabulary.renderedBytes(id)) {
      utf8.push(next & 0xff, text);
    }
    return text.toString();
  }

  /** What is left: U+FFFD for a character that never became whole. Starts anew afterwards. */
  public String finish() {
    StringBuilder text = new StringBuilder();
    utf8.finish(text);
    return text.toString();
  }
}
