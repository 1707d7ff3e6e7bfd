package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's str. */
final class StringMethods {
  /** A method that keeps which characters are the user's. */
  @FunctionalInterface
  private interface Method {
    Object apply(Object self, Arguments arguments, Budget budget);
  }

  /** A method of the characters alone: all of its texts are the user's where one given is. */
  @FunctionalInterface
  private interface CharacterMethod {
    Object apply(String self, Arguments arguments, Budget budget);
  }

  private static final Map<String, Method> METHODS =
      Map.ofEntries(
          plain("upper", text -> text.toUpperCase(Locale.ROOT)),
          plain("lower", text -> text.toLowerCase(Locale.ROOT)),
          plain("casefold", text -> text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT)),
          plain("title", StringMethods::title),
          plain("capitalize", StringMethods::capitalize),
          plain("swapcase", StringMethods::swapCase),
          plain("isdigit", text -> all(text, Character::isDigit)),
          plain("isdecimal", text -> all(text, Character::isDigit)),
          plain("isnumeric", text -> all(text, Character::isDigit)),
          plain("isalpha", text -> all(text, Character::isLetter)),
          plain("isalnum", text -> all(text, Character::isLetterOrDigit)),
          plain("isspace", text -> all(text, Characters::isSpace)),
          Map.entry("expandtabs", StringMethods::expandTabs),
          plain("isidentifier", StringMethods::isIdentifier),
          plain("isascii", text -> text.codePoints().allMatch(c -> c < 128)),
          plain("isupper", text -> hasCase(text) && text.equals(text.toUpperCase(Locale.ROOT))),
          plain("islower", text -> hasCase(text) && text.equals(text.toLowerCase(Locale.ROOT))),
          plain("istitle", text -> hasCase(text) && text.equals(title(text))),
          strip("strip", true, true),
          strip("lstrip", true, false),
          strip("rstrip", false, true),
          Map.entry(
              "split",
              (self, a, budget) ->
                  Splits.split(self, a.bind("split", "sep?", "maxsplit?"), budget)),
          Map.entry(
              "rsplit",
              (self, a, budget) ->
                  Splits.splitFromEnd(self, a.bind("rsplit", "sep?", "maxsplit?"), budget)),
          Map.entry(
              "splitlines",
              (self, a, budget) ->
                  Splits.lines(self, a.bind("splitlines", "keepends?").flag("keepends", false))),
          Map.entry(
              "partition", (self, a, budget) -> Splits.partition(self, separator("partition", a))),
          Map.entry(
              "rpartition",
              (self, a, budget) -> Splits.partitionFromEnd(self, separator("rpartition", a))),
          Map.entry("replace", StringMethods::replace),
          Map.entry("join", StringMethods::join),
          characters("startswith", (self, a, budget) -> Affixes.test("startswith", self, a)),
          characters("endswith", (self, a, budget) -> Affixes.test("endswith", self, a)),
          Map.entry(
              "removeprefix",
              (self, a, budget) ->
                  Affixes.removePrefix(self, a.bind("removeprefix", "prefix").text("prefix"))),
          Map.entry(
              "removesuffix",
              (self, a, budget) ->
                  Affixes.removeSuffix(self, a.bind("removesuffix", "suffix").text("suffix"))),
          characters("find", (self, a, budget) -> Affixes.find("find", self, a)),
          characters("rfind", (self, a, budget) -> Affixes.find("rfind", self, a)),
          characters("index", (self, a, budget) -> Affixes.index("index", self, a)),
          characters("rindex", (self, a, budget) -> Affixes.index("rindex", self, a)),
          characters("count", (self, a, budget) -> Affixes.count(self, a)),
          Map.entry("format", BraceFormat::format),
          characters("zfill", (self, a, budget) -> zeroFill(self, width("zfill", a, budget))),
          characters("center", (self, a, budget) -> pad("center", self, a, budget)),
          characters("ljust", (self, a, budget) -> pad("ljust", self, a, budget)),
          characters("rjust", (self, a, budget) -> pad("rjust", self, a, budget)));

  private StringMethods() {}

  static @Nullable Callable find(Object self, String name) {
    Method method = METHODS.get(name);
    return method == null
        ? null
        : (arguments, budget) -> {
          budget.charge(UserText.string(self).length());
          Object result = method.apply(self, arguments, budget);
          if (UserText.isText(result)) {
            budget.charge(UserText.string(result).length());
          }
          return result;
        };
  }

  private static Map.Entry<String, Method> plain(
      String name, java.util.function.Function<String, Object> function) {
    return characters(
        name,
        (self, arguments, budget) -> {
          arguments.bind(name);
          return function.apply(self);
        });
  }

  private static Map.Entry<String, Method> characters(String name, CharacterMethod method) {
    return Map.entry(
        name,
        (self, arguments, budget) -> {
          Object result = method.apply(UserText.string(self), arguments.plain(), budget);
          return self instanceof UserText || arguments.haveUserText()
              ? UserText.wholly(result)
              : result;
        });
  }

  private static Map.Entry<String, Method> strip(String name, boolean left, boolean right) {
    return Map.entry(
        name,
        (self, arguments, budget) -> strip(self, arguments.bind(name, "chars?"), left, right));
  }

  static Object strip(Object self, Arguments.Bound bound, boolean left, boolean right) {
    String text = UserText.string(self);
    IntPredicate drop = Characters::isSpace;
    if (bound.get("chars") != None.NONE) {
      String chars = bound.text("chars");
      drop = c -> chars.indexOf(c) >= 0;
    }
    int start = text.length() - Characters.strip(text, drop, left, false).length();
    int end = start + Characters.strip(text.substring(start), drop, false, right).length();
    return UserText.part(self, start, end);
  }

  private static String separator(String name, Arguments arguments) {
    return arguments.bind(name, "sep").text("sep");
  }

  private static boolean all(String text, IntPredicate test) {
    return !text.isEmpty() && text.codePoints().allMatch(test);
  }

  private static boolean hasCase(String text) {
    return text.codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c));
  }

  /** A capital behind everything that has no case. */
  static String title(String text) {
    StringBuilder result = new StringBuilder();
    boolean within = false;
    for (int c : text.codePoints().toArray()) {
      result.appendCodePoint(within ? Character.toLowerCase(c) : Character.toTitleCase(c));
      within = Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }
    return result.toString();
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    return Character.toString(Character.toTitleCase(first))
        + text.substring(Character.charCount(first)).toLowerCase(Locale.ROOT);
  }

  private static Object expandTabs(Object self, Arguments arguments, Budget budget) {
    long size = arguments.bind("expandtabs", "tabsize?").integer("tabsize", 8);
    budget.charge(size);
    String text = UserText.string(self);
    TextBuilder result = new TextBuilder();
    long column = 0;
    for (int at = 0; at < text.length(); ) {
      int c = text.codePointAt(at);
      int next = at + Character.charCount(c);
      if (c == '\t') {
        long width = size > 0 ? size - column % size : 0;
        Object spaces = " ".repeat((int) width);
        append(result, "", UserText.isUsers(self) ? UserText.wholly(spaces) : spaces, budget);
        column += width;
      } else {
        result.append(self, at, next);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
      at = next;
    }
    return result.toText();
  }

  private static boolean isIdentifier(String text) {
    return !text.isEmpty()
        && (text.charAt(0) == '_' || Character.isUnicodeIdentifierStart(text.codePointAt(0)))
        && text.codePoints()
            .allMatch(
                c -> Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c));
  }

  private static String swapCase(String text) {
    StringBuilder result = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              String letter = Character.toString(c);
              // Whole texts, for the capital of some letters is two: of \u00df, SS.
              result.append(
                  Character.isUpperCase(c)
                      ? letter.toLowerCase(Locale.ROOT)
                      : letter.toUpperCase(Locale.ROOT));
            });
    return result.toString();
  }

  private static Object replace(Object self, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("replace", "old", "new", "count?");
    bound.text("new");
    return replace(self, bound.text("old"), bound.get("new"), bound.integer("count", -1), budget);
  }

  /** Replaces up to {@code count} places, or all of them where it is negative. */
  static Object replace(Object self, String old, Object with, long count, Budget budget) {
    String text = UserText.string(self);
    int added = UserText.string(with).length();
    TextBuilder result = new TextBuilder();
    int from = 0;
    for (long done = 0; count < 0 || done < count; done++) {
      boolean next = old.isEmpty() && done > 0;
      if (next && from == text.length()) {
        break;
      }
      int at = next ? text.offsetByCodePoints(from, 1) : text.indexOf(old, from);
      if (at < 0) {
        break;
      }
      result.append(self, from, at).append(with);
      budget.charge(result.length() > Budget.MAX_SIZE ? result.length() : added);
      from = at + old.length();
    }
    return result.append(self, from, text.length()).toText();
  }

  private static Object join(Object self, Arguments arguments, Budget budget) {
    List<Object> items = Values.items(arguments.bind("join", "iterable").get("iterable"), budget);
    TextBuilder result = new TextBuilder();
    for (int i = 0; i < items.size(); i++) {
      if (!UserText.isText(items.get(i))) {
        throw new JinjaException(
            "sequence item "
                + i
                + ": expected str instance, "
                + Values.typeName(items.get(i))
                + " found");
      }
      append(result, i == 0 ? "" : self, items.get(i), budget);
    }
    return result.toText();
  }

  /** Appends two texts to what may not grow beyond the budget. */
  static void append(TextBuilder result, Object separator, Object text, Budget budget) {
    long size = (long) UserText.string(separator).length() + UserText.string(text).length();
    budget.charge(result.length() + size > Budget.MAX_SIZE ? Budget.MAX_SIZE + 1L : size);
    result.append(separator).append(text);
  }

  private static int width(String name, Arguments arguments, Budget budget) {
    long width = arguments.bind(name, "width").integer("width", 0);
    budget.charge(width);
    return (int) Math.max(0, width);
  }

  private static String zeroFill(String self, int width) {
    int sign = self.startsWith("-") || self.startsWith("+") ? 1 : 0;
    return self.substring(0, sign)
        + "0".repeat(Math.max(0, width - Characters.length(self)))
        + self.substring(sign);
  }

  private static String pad(String name, String self, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind(name, "width", "fillchar?");
    long width = bound.integer("width", 0);
    budget.charge(width);
    String fill = bound.text("fillchar", " ");
    int missing = (int) Math.max(0, width - Characters.length(self));
    int left =
        switch (name) {
          case "ljust" -> 0;
          case "rjust" -> missing;
          default -> missing / 2 + (missing & (int) width & 1);
        };
    return fill.repeat(left) + self + fill.repeat(missing - left);
  }
}
