package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import org.jspecify.annotations.Nullable;

/** Where a text begins, ends or holds another; indices count characters as Python does. */
final class Affixes {
  private Affixes() {}

  static boolean test(String name, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind(name, "prefix", "start?", "end?");
    String part = range(self, bound);
    Object prefix = bound.get("prefix");
    if (part == null) {
      matches(name, "", prefix instanceof Tuple ? "" : prefix);
      return false;
    }
    if (prefix instanceof Tuple tuple) {
      return tuple.items().stream().anyMatch(one -> matches(name, part, one));
    }
    return matches(name, part, prefix);
  }

  private static boolean matches(String name, String part, Object affix) {
    if (!(UserText.plain(affix) instanceof String text)) {
      Values.requireDefined(affix);
      throw new JinjaException(
          name + "() takes a str or a tuple of str, not " + Values.typeName(affix));
    }
    return name.equals("startswith") ? part.startsWith(text) : part.endsWith(text);
  }

  static Object removePrefix(Object self, String prefix) {
    String text = UserText.string(self);
    return text.startsWith(prefix) ? UserText.part(self, prefix.length(), text.length()) : self;
  }

  static Object removeSuffix(Object self, String suffix) {
    String text = UserText.string(self);
    return text.endsWith(suffix) ? UserText.part(self, 0, text.length() - suffix.length()) : self;
  }

  /** The first or last place in a text; -1 if there is none. */
  static long find(String name, String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind(name, "sub", "start?", "end?");
    String part = range(self, bound);
    String sub = bound.text("sub");
    if (part == null) {
      return -1;
    }
    int at = name.startsWith("r") ? part.lastIndexOf(sub) : part.indexOf(sub);
    return at < 0 ? -1 : start(self, bound) + part.codePointCount(0, at);
  }

  static long index(String name, String self, Arguments arguments) {
    long at = find(name, self, arguments);
    if (at < 0) {
      throw new JinjaException("substring not found");
    }
    return at;
  }

  static long count(String self, Arguments arguments) {
    Arguments.Bound bound = arguments.bind("count", "sub", "start?", "end?");
    String part = range(self, bound);
    String sub = bound.text("sub");
    if (part == null) {
      return 0;
    }
    if (sub.isEmpty()) {
      return Characters.length(part) + 1L;
    }
    long count = 0;
    for (int at = part.indexOf(sub); at >= 0; at = part.indexOf(sub, at + sub.length())) {
      count++;
    }
    return count;
  }

  private static int start(String self, Arguments.Bound bound) {
    return bound.get("start") == None.NONE ? 0 : clamp(bound.integer("start", 0), self);
  }

  /** The part that is looked at; null, which has not even an empty text, behind the end. */
  private static @Nullable String range(String self, Arguments.Bound bound) {
    if (!bound.has("start")) {
      return self;
    }
    if (bound.get("start") != None.NONE && bound.integer("start", 0) > Characters.length(self)) {
      return null;
    }
    int start = start(self, bound);
    int end =
        bound.get("end") == None.NONE
            ? Characters.length(self)
            : clamp(bound.integer("end", 0), self);
    return start > end
        ? null
        : self.substring(Characters.offset(self, start), Characters.offset(self, end));
  }

  private static int clamp(long index, String self) {
    int length = Characters.length(self);
    return Math.clamp(index < 0 ? index + length : index, 0, length);
  }
}
