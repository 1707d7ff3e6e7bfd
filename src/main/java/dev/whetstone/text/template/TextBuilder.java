package dev.whetstone.text.template;

import java.util.Arrays;

/** Joins texts and keeps which parts are the user's. */
final class TextBuilder {
  private final StringBuilder out = new StringBuilder();
  private int[] borders = new int[0];
  private int used;

  int length() {
    return out.length();
  }

  TextBuilder append(Object text) {
    return append(text, 0, UserText.string(text).length());
  }

  /** Appends a part of a text. */
  TextBuilder append(Object text, int from, int to) {
    if (text instanceof UserText user) {
      int[] all = user.borders();
      int first = Arrays.binarySearch(all, from);
      int at = (first >= 0 ? first : -first - 1) & ~1;
      for (; at < all.length && all[at] < to; at += 2) {
        mark(
            out.length() + Math.max(all[at], from) - from,
            out.length() + Math.min(all[at + 1], to) - from);
      }
      out.append(user.text(), from, to);
    } else {
      out.append((String) text, from, to);
    }
    return this;
  }

  private void mark(int begin, int end) {
    if (begin >= end) {
      return;
    }
    if (used > 0 && borders[used - 1] == begin) {
      borders[used - 1] = end;
      return;
    }
    if (used == borders.length) {
      borders = Arrays.copyOf(borders, Math.max(8, 2 * used));
    }
    borders[used++] = begin;
    borders[used++] = end;
  }

  /** What was appended: a String where nothing of it is the user's. */
  Object toText() {
    return used == 0 ? out.toString() : new UserText(out.toString(), Arrays.copyOf(borders, used));
  }
}
