package dev.whetstone.grammar.regex;

/** Compiles patterns. */
public final class Patterns {
  private static final int MAX_LENGTH = 10_000;

  private Patterns() {}

  /**
   * The texts in which a pattern matches somewhere, as JSON Schema's keyword {@code pattern} means.
   * Of look-around, only look-ahead at the very start is supported.
   *
   * @throws PatternException when the pattern is malformed, not supported or too large
   */
  public static Dfa compile(String pattern) {
    if (pattern.length() > MAX_LENGTH) {
      throw new PatternException("the pattern has more than " + MAX_LENGTH + " characters");
    }
    boolean positive = pattern.startsWith("^(?=");
    if (!positive && !pattern.startsWith("^(?!")) {
      return Dfa.of(new Nfa(RegexParser.parse(pattern)));
    }
    int end = closingParenthesis(pattern, 1);
    String condition = pattern.substring(4, end);
    String anchored = condition.startsWith("^") ? condition : "^(?:" + condition + ")";
    Dfa looked = compile(anchored);
    Dfa rest = compile("^" + pattern.substring(end + 1));
    return positive ? rest.intersect(looked) : rest.minus(looked);
  }

  private static int closingParenthesis(String pattern, int open) {
    int depth = 0;
    boolean inClass = false;
    for (int i = open; i < pattern.length(); i++) {
      switch (pattern.charAt(i)) {
        case '\\' -> i++;
        case '[' -> inClass = true;
        case ']' -> inClass = false;
        case '(' -> depth += inClass ? 0 : 1;
        case ')' -> depth -= inClass ? 0 : 1;
        default -> {}
      }
      if (depth == 0) {
        return i;
      }
    }
    throw new PatternException("the pattern has an unmatched (");
  }
}
