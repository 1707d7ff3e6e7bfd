package dev.whetstone.grammar.regex;

import java.util.List;

/** The syntax tree of a pattern. */
sealed interface Regex {
  /** One code point of a set. */
  record Chars(CodePoints set) implements Regex {}

  /** Parts one after the other; the empty list matches the empty text. */
  record Concat(List<Regex> parts) implements Regex {}

  /** Any of the options. */
  record Alternatives(List<Regex> options) implements Regex {}

  /** Repetitions; {@code max} is negative for no limit. */
  record Repeat(Regex part, int min, int max) implements Regex {}

  /** The start of the text. */
  record Start() implements Regex {}

  /** The end of the text. */
  record End() implements Regex {}
}
