package dev.whetstone.text;

/** Decodes the tokens of a byte-level vocabulary, whose bytes joined are the text. */
final class ByteLevelDecoder implements TokenDecoder {
  private final Vocabulary vocabulary;
  private final Utf8Stream utf8 = new Utf8Stream();

  ByteLevelDecoder(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  @Override
  public String push(int id) {
    StringBuilder text = new StringBuilder();
    for (byte next : vocabulary.renderedBytes(id)) {
      utf8.push(next & 0xff, text);
    }
    return text.toString();
  }

  @Override
  public String finish() {
    StringBuilder text = new StringBuilder();
    utf8.finish(text);
    return text.toString();
  }
}
