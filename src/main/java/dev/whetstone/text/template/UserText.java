package dev.whetstone.text.template;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A text that came with the conversation, or that has such parts, or that a template has called
 * safe. Other texts of the template alone are plain Strings. What an operation makes of user text
 * is user text again, so that a rendered prompt tells which characters the template wrote itself.
 */
final class UserText {
  private final String text;

  /** Where the user's parts begin and end, ascending; two of them never touch. */
  private final int[] borders;

  private final boolean safe;

  /**
   * Creates a text.
   *
   * @param borders begin and end of each part that is the user's; at least one part
   */
  UserText(String text, int[] borders) {
    this(text, borders, false);
  }

  private UserText(String text, int[] borders, boolean safe) {
    this.text = text;
    this.borders = borders;
    this.safe = safe;
  }

  /** The text as Jinja's Markup, which escapes what is added to it. */
  static Object safe(Object text) {
    int[] borders = text instanceof UserText user ? user.borders : new int[0];
    return new UserText(string(text), borders, true);
  }

  static boolean isSafe(Object value) {
    return value instanceof UserText user && user.safe;
  }

  /** Whether a value is a text of which parts are the user's. */
  static boolean isUsers(Object value) {
    return value instanceof UserText user && user.borders.length > 0;
  }

  /** A text that is the user's from end to end. */
  static Object of(String text) {
    return text.isEmpty() ? text : new UserText(text, new int[] {0, text.length()});
  }

  static boolean isText(Object value) {
    return value instanceof String || value instanceof UserText;
  }

  /** The characters of a text, whoever wrote them; every other value is returned as it is. */
  static Object plain(Object value) {
    return value instanceof UserText user ? user.text : value;
  }

  /** The characters of a value that is a text. */
  static String string(Object text) {
    return (String) plain(text);
  }

  /** A part of a text. */
  static Object part(Object text, int from, int to) {
    return text instanceof UserText
        ? new TextBuilder().append(text, from, to).toText()
        : ((String) text).substring(from, to);
  }

  /** The user's own: a text, or a list of texts, of which nothing is the template's any more. */
  static Object wholly(Object value) {
    return switch (value) {
      case String text -> of(text);
      case UserText user -> of(user.text);
      case List<?> list -> list.stream().map(UserText::wholly).toList();
      case Tuple tuple -> new Tuple(tuple.items().stream().map(UserText::wholly).toList());
      default -> value;
    };
  }

  /** Whether a value is user text or has some in it. */
  static boolean isIn(Object value, Budget budget) {
    if (isUsers(value)) {
      return true;
    }
    if (isText(value) || value instanceof Long) {
      return false;
    }
    budget.enter();
    boolean found =
        switch (value) {
          case List<?> list -> anyIn(list, budget);
          case Tuple tuple -> anyIn(tuple.items(), budget);
          case Sequence sequence -> anyIn(sequence.items(), budget);
          case Map<?, ?> dict -> anyIn(dict.keySet(), budget) || anyIn(dict.values(), budget);
          case Namespace namespace -> true;
          default -> false;
        };
    budget.leave();
    return found;
  }

  private static boolean anyIn(Iterable<?> values, Budget budget) {
    for (Object value : values) {
      if (isIn(value, budget)) {
        return true;
      }
    }
    return false;
  }

  String text() {
    return text;
  }

  int[] borders() {
    return borders;
  }

  /** Whether no character from one index up to another is the user's. */
  static boolean isTemplates(int[] borders, int from, int to) {
    int at = Arrays.binarySearch(borders, from);
    // The first border above from; a part ends there where its index is odd.
    int next = at >= 0 ? at + 1 : -at - 1;
    return next % 2 == 0 && (next == borders.length || borders[next] >= to);
  }
}
