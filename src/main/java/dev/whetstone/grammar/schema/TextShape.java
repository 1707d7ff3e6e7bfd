package dev.whetstone.grammar.schema;

import dev.whetstone.grammar.regex.Dfa;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A string of limited length, or one that an automaton accepts. Without an automaton a state is the
 * number of code points so far.
 */
public final class TextShape implements Shape {
  /** No state: no string continues so. */
  public static final int DEAD = Dfa.DEAD;

  /** Any string. */
  static final TextShape FREE = new TextShape(0, -1, null);

  private static final Dfa ONE_CODE_POINT = Dfa.lengths(1, 1);

  private final int min;
  private final int max;
  private final @Nullable Dfa pattern;

  private TextShape(int min, int max, @Nullable Dfa pattern) {
    this.min = min;
    this.max = max;
    this.pattern = pattern;
  }

  /** Strings of {@code min} to {@code max} code points; {@code max} is negative for no limit. */
  static TextShape lengths(int min, int max) {
    return new TextShape(min, max, null);
  }

  /** Strings that an automaton accepts. */
  static TextShape of(Dfa pattern) {
    return new TextShape(0, -1, pattern);
  }

  TextShape intersect(TextShape other) {
    if (pattern == null && other.pattern == null) {
      return lengths(Math.max(min, other.min), Intersections.lower(max, other.max));
    }
    if (isFree()) {
      return other;
    }
    return other.isFree() ? this : of(automaton().intersect(other.automaton()));
  }

  TextShape minus(TextShape other) {
    return of(automaton().minus(other.automaton()));
  }

  TextShape union(TextShape other) {
    TextShape neither = FREE.minus(this).intersect(FREE.minus(other));
    return FREE.minus(neither);
  }

  private boolean isFree() {
    return pattern == null && min == 0 && max < 0;
  }

  private Dfa automaton() {
    return pattern == null ? Dfa.lengths(min, max) : pattern;
  }

  /** Whether no string is allowed. */
  boolean isEmpty() {
    return pattern == null ? max >= 0 && min > max : pattern.isEmpty();
  }

  @Override
  public List<Shape> options() {
    return isEmpty() ? List.of() : List.of(this);
  }

  /** The state after a code point, or {@link #DEAD}. */
  public int step(int state, int codePoint) {
    if (pattern != null) {
      return pattern.step(state, codePoint);
    }
    return isFull(state) ? DEAD : max < 0 ? Math.min(state + 1, min) : state + 1;
  }

  /** Whether some code point in {@code [low, high]} continues a string. */
  public boolean continues(int state, int low, int high) {
    if (pattern != null) {
      return pattern.continues(state, low, high);
    }
    return !isFull(state) && ONE_CODE_POINT.continues(0, low, high);
  }

  private boolean isFull(int state) {
    return max >= 0 && state >= max;
  }

  /** Whether the string may end. */
  public boolean accepts(int state) {
    return pattern == null ? state >= min : pattern.accepts(state);
  }

  /** Whether a whole string is allowed. */
  public boolean matches(String text) {
    if (pattern != null) {
      return pattern.matches(text);
    }
    int length = text.codePointCount(0, text.length());
    return length >= min && (max < 0 || length <= max);
  }

  /** The number of strings that lead from a state to an end; at most {@link Dfa#MANY}. */
  public long count(int state) {
    if (pattern != null) {
      return pattern.count(state);
    }
    return isFull(state) ? 1 : Dfa.MANY;
  }

  /**
   * The number of further code points, if any will do; {@link Integer#MAX_VALUE} for no limit, and
   * negative if an automaton chooses them.
   */
  public int freeLength(int state) {
    if (pattern != null) {
      return -1;
    }
    return max < 0 ? Integer.MAX_VALUE : max - state;
  }
}
