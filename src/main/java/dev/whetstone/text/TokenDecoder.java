package dev.whetstone.text;

/**
 * Decodes ids one by one. The pieces joined equal the text of all ids decoded at once, without
 * special tokens. For one completion and one thread.
 */
public interface TokenDecoder {
  /** The text that {@code id} completes; an incomplete character is held back. */
  String push(int id);

  /** The rest: U+FFFD for an incomplete character. The decoder can then be used again. */
  String finish();
}
