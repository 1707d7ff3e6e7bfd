package dev.whetstone.grammar.machine;

/**
 * The space between the parts of a value: nothing, one space, or one line end with an indentation.
 * Endless space, which small models like to write, is not possible.
 */
final class Spaces {
  /** No space may follow. */
  static final int NONE = -1;

  /** Space may follow; none has come. */
  static final int OPEN = 0;

  /** Not a space, or one that may not follow. */
  static final int REFUSED = -2;

  private static final int LINE = 1;
  private static final int MAX_INDENT = 32;

  private Spaces() {}

  /** What may follow a byte: {@link #NONE}, a number to pass here again, or {@link #REFUSED}. */
  static int step(int spaces, int b) {
    if (spaces == OPEN && b == '\n') {
      return LINE;
    }
    if (spaces == OPEN && b == ' ') {
      return NONE;
    }
    boolean indents = spaces >= LINE && spaces < LINE + MAX_INDENT;
    return indents && (b == ' ' || b == '\t') ? spaces + 1 : REFUSED;
  }
}
