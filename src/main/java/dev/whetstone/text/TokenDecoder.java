package dev.whetstone.text;

/**
 * Decodes ids one by one. The pieces joined equal the text of all ids decoded at once, without
 * special tokens. For one completion and one thread.
 */
public final class TokenDecoder {
  private final Vocabulary vocabulary;
  private final Utf8Stream utf8 = new Utf8Stream();

  TokenDecoder(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** The text that {@code id} completes; the bytes of an incomplete character are held back. */
  public String push(int id) {
    StringBuilder text = new StringBuilder();
    for (byte next : vocabulary.renderedBytes(id)) {
      utf8.push(next & 0xff, text);
    }
    return text.toString();
  }

  /** The rest: U+FFFD for an incomplete character. The decoder can then be used again. */
  public String finish() {
    StringBuilder text = new StringBuilder();
    utf8.finish(text);
    return text.toString();
  }
}
