package dev.whetstone.engine;

/** Decodes one completion token by token; special tokens decode to nothing. */
public interface Detokenizer {
  /** The text that {@code id} completes; never splits a UTF-8 sequence. */
  String push(int id);

  /** The remaining text, with incomplete UTF-8 replaced by U+FFFD. */
  String finish();
}
