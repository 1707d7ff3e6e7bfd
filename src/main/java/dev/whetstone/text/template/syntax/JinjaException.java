package dev.whetstone.text.template.syntax;

import java.io.Serial;

/** A template that cannot be read, fails, asks for too much, or refuses by raise_exception. */
public final class JinjaException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;
  private static final int NOWHERE = -1;

  private final int offset;
  private final boolean refusal;

  /** A failure whose place is not known yet. */
  public JinjaException(String message) {
    this(message, NOWHERE, false);
  }

  private JinjaException(String message, int offset, boolean refusal) {
    super(message);
    this.offset = offset;
    this.refusal = refusal;
  }

  /** A failure at a place of the normalized template. */
  public static JinjaException at(int offset, String message) {
    return new JinjaException(message, offset, false);
  }

  /** A refusal by raise_exception(message), whose text goes out as it is. */
  public static JinjaException refusal(String message) {
    return new JinjaException(message, NOWHERE, true);
  }

  /** The same failure with its place, unless an inner part has named one. */
  public JinjaException within(int outer) {
    return refusal || offset != NOWHERE ? this : at(outer, text());
  }

  /** The same failure with line and column in words, both counted from 1. */
  public JinjaException in(String source) {
    if (refusal || offset == NOWHERE) {
      return this;
    }
    int end = Math.min(offset, source.length());
    String before = source.substring(0, end);
    long line = 1 + before.chars().filter(c -> c == '\n').count();
    int column = end - before.lastIndexOf('\n');
    return new JinjaException("line " + line + ", column " + column + ": " + text(), offset, false);
  }

  /** Whether the template itself refused the conversation. */
  public boolean isRefusal() {
    return refusal;
  }

  private String text() {
    return String.valueOf(getMessage());
  }
}
