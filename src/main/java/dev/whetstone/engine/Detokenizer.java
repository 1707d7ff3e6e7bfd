package dev.whetstone.engine;

/** Decodes one completion token by token; special tokens decode to nothing. */
public interface Detokenizer {
  /** The text that {@code id} completes; never splits a UTF-8 sequence. */
  String push(int id);

  /** The text of a special token; empty for any other, and where special tokens are unknown. */
  default String special(int id) {
    return "";
  }

  /** The remaining text, with incomplete UTF-8 replaced by U+FFFD. */
  String finish();
}
