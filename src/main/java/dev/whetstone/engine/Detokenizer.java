package dev.whetstone.engine;

/** Turns one completion's ids into text as they come; special tokens render as nothing. */
public interface Detokenizer {
  /** The text that is certain once {@code id} is known; never splits a UTF-8 sequence. */
  String push(int id);

  /** What is left, incomplete UTF-8 replaced. */
  String finish();
}
