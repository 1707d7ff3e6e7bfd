package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's ways to cut a text into parts. */
final class Splits {
  private Splits() {}

  static Object split(Object text, Arguments.Bound bound, Budget budget) {
    String self = UserText.string(text);
    String separator = separator(bound);
    long most = most(bound);
    List<Object> parts = new ArrayList<>();
    if (separator == null) {
      int at = Characters.skipBlank(self, 0);
      while (at < self.length()) {
        if (parts.size() == most) {
          parts.add(UserText.part(text, at, self.length()));
          return parts;
        }
        int end = at;
        while (end < self.length() && !Characters.isSpace(self.charAt(end))) {
          end++;
        }
        parts.add(UserText.part(text, at, end));
        budget.charge(1);
        at = Characters.skipBlank(self, end);
      }
      return parts;
    }
    int from = 0;
    for (int at = self.indexOf(separator); at >= 0 && parts.size() < most; ) {
      parts.add(UserText.part(text, from, at));
      budget.charge(1);
      from = at + separator.length();
      at = self.indexOf(separator, from);
    }
    parts.add(UserText.part(text, from, self.length()));
    return parts;
  }

  static Object splitFromEnd(Object text, Arguments.Bound bound, Budget budget) {
    String self = UserText.string(text);
    String separator = separator(bound);
    long most = most(bound);
    List<Object> parts = new ArrayList<>();
    if (separator == null) {
      int end = Characters.stripEnd(self).length();
      while (end > 0) {
        if (parts.size() == most) {
          parts.addFirst(UserText.part(text, 0, end));
          return parts;
        }
        int start = end;
        while (start > 0 && !Characters.isSpace(self.charAt(start - 1))) {
          start--;
        }
        parts.addFirst(UserText.part(text, start, end));
        end = Characters.stripEnd(self.substring(0, start)).length();
        budget.charge(end);
      }
      return parts;
    }
    int end = self.length();
    while (parts.size() < most && end >= separator.length()) {
      int at = self.lastIndexOf(separator, end - separator.length());
      if (at < 0) {
        break;
      }
      parts.addFirst(UserText.part(text, at + separator.length(), end));
      budget.charge(parts.size());
      end = at;
    }
    parts.addFirst(UserText.part(text, 0, end));
    return parts;
  }

  private static @Nullable String separator(Arguments.Bound bound) {
    if (bound.get("sep") == None.NONE) {
      return null;
    }
    String separator = bound.text("sep");
    if (separator.isEmpty()) {
      throw new JinjaException("empty separator");
    }
    return separator;
  }

  private static long most(Arguments.Bound bound) {
    long most = bound.integer("maxsplit", -1);
    return most < 0 ? Long.MAX_VALUE : most;
  }

  static List<Object> lines(Object text, boolean keepEnds) {
    String self = UserText.string(text);
    List<Object> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < self.length(); i++) {
      char c = self.charAt(i);
      if (isLineEnd(c)) {
        int end = c == '\r' && i + 1 < self.length() && self.charAt(i + 1) == '\n' ? i + 2 : i + 1;
        lines.add(UserText.part(text, from, keepEnds ? end : i));
        from = end;
        i = end - 1;
      }
    }
    if (from < self.length()) {
      lines.add(UserText.part(text, from, self.length()));
    }
    return lines;
  }

  private static boolean isLineEnd(char c) {
    return (c >= '\n' && c <= '\r')
        || (c >= 0x1c && c <= 0x1e)
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  static Object partition(Object self, String separator) {
    int at = required(UserText.string(self).indexOf(separator), separator);
    return at < 0 ? Tuple.of(self, "", "") : parts(self, at, separator);
  }

  static Object partitionFromEnd(Object self, String separator) {
    int at = required(UserText.string(self).lastIndexOf(separator), separator);
    return at < 0 ? Tuple.of("", "", self) : parts(self, at, separator);
  }

  private static int required(int at, String separator) {
    if (separator.isEmpty()) {
      throw new JinjaException("empty separator");
    }
    return at;
  }

  private static Tuple parts(Object self, int at, String separator) {
    int end = at + separator.length();
    return Tuple.of(
        UserText.part(self, 0, at),
        UserText.part(self, at, end),
        UserText.part(self, end, UserText.string(self).length()));
  }
}
