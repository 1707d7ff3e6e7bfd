package dev.whetstone.text.template.syntax;

import java.util.function.IntPredicate;

/** Characters as Python counts and sorts them: by code point. */
public final class Characters {
  private Characters() {}

  /** Python's white space, which is that of its regular expressions too. */
  public static boolean isSpace(int c) {
    return (c >= 9 && c <= 13)
        || (c >= 28 && c <= 32)
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }

  /** Whether a text has nothing but white space, or nothing. */
  public static boolean isBlank(String text) {
    return skipBlank(text, 0) == text.length();
  }

  /** The index of the first character from {@code from} on that is no white space. */
  public static int skipBlank(String text, int from) {
    int i = from;
    while (i < text.length() && isSpace(text.charAt(i))) {
      i++;
    }
    return i;
  }

  /** Takes white space off the end. */
  public static String stripEnd(String text) {
    return strip(text, Characters::isSpace, false, true);
  }

  /** Takes white space off both ends. */
  public static String strip(String text) {
    return strip(text, Characters::isSpace, true, true);
  }

  /** Takes characters off the ends that are asked for. */
  public static String strip(String text, IntPredicate drop, boolean left, boolean right) {
    int start = 0;
    int end = text.length();
    while (left && start < end && drop.test(text.codePointAt(start))) {
      start += Character.charCount(text.codePointAt(start));
    }
    while (right && end > start && drop.test(text.codePointBefore(end))) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(start, end);
  }

  /** The number of characters. */
  public static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** The index in Java's units of the character with a number from 0. */
  public static int offset(String text, int index) {
    return text.offsetByCodePoints(0, index);
  }

  /** The order of two texts by their characters. */
  public static int compare(String a, String b) {
    for (int i = 0, j = 0; i < a.length() && j < b.length(); ) {
      int left = a.codePointAt(i);
      int right = b.codePointAt(j);
      if (left != right) {
        return Integer.compare(left, right);
      }
      i += Character.charCount(left);
      j += Character.charCount(right);
    }
    return Integer.compare(a.length(), b.length());
  }
}
