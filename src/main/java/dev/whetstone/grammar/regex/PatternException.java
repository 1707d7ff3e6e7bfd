package dev.whetstone.grammar.regex;

/** A pattern that is malformed, not supported or too large. */
public final class PatternException extends RuntimeException {
  PatternException(String message) {
    super(message);
  }
}
