package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Filters that make a text of a text; they take any value as what it prints. */
final class TextFilters {
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern TAG = Pattern.compile("<[^<>]*>");
  private static final String TITLE_BREAKS = "-({[<";

  private TextFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    text(filters, "upper", text -> text.toUpperCase(Locale.ROOT));
    text(filters, "lower", text -> text.toLowerCase(Locale.ROOT));
    text(filters, "capitalize", StringMethods::capitalize);
    text(filters, "title", TextFilters::title);
    text(filters, "escape", TextFilters::escape);
    text(filters, "e", TextFilters::escape);
    text(filters, "forceescape", TextFilters::escape);
    text(
        filters,
        "striptags",
        text -> String.join(" ", TAG.matcher(text).replaceAll("").trim().split("\\s+")));
    filters.put("urlencode", TextFilters::urlEncode);
    filters.put(
        "trim",
        (value, a, budget) ->
            StringMethods.strip(
                PythonText.text(value, budget), a.bind("trim", "chars?"), true, true));
    filters.put(
        "string",
        (value, a, budget) -> {
          a.bind("string");
          return PythonText.text(value, budget);
        });
    filters.put("replace", TextFilters::replace);
    filters.put("indent", TextFilters::indent);
    filters.put("truncate", TextFilters::truncate);
    filters.put("center", TextFilters::center);
    filters.put(
        "wordcount",
        (value, a, budget) -> WORD.matcher(PythonText.str(value, budget)).results().count());
    filters.put(
        "format",
        (value, a, budget) ->
            PercentFormat.format(
                PythonText.text(value, budget),
                a.named().isEmpty() ? new Tuple(a.positional()) : a.named(),
                budget));
  }

  private static void text(
      Map<String, Filters.Filter> filters, String name, UnaryOperator<String> change) {
    filters.put(
        name,
        (value, arguments, budget) -> {
          arguments.bind(name);
          String text = budget.paid(PythonText.str(value, budget));
          return PythonText.marked(value, budget.paid(change.apply(text)), budget);
        });
  }

  /** A text, or pairs of names and values as a query. */
  private static Object urlEncode(Object value, Arguments arguments, Budget budget) {
    arguments.bind("urlencode");
    if (value instanceof Map<?, ?> || (Values.isIterable(value) && !UserText.isText(value))) {
      List<Object> pairs = new ArrayList<>();
      if (value instanceof Map<?, ?> dict) {
        dict.forEach((name, of) -> pairs.add(List.of(name, of)));
      } else {
        pairs.addAll(Values.items(value, budget));
      }
      StringJoiner query = new StringJoiner("&");
      for (Object pair : pairs) {
        List<Object> both = Values.items(pair, budget);
        if (both.size() != 2) {
          throw new JinjaException("urlencode() needs pairs, not " + both.size() + " values");
        }
        query.add(quoted(both.get(0), true, budget) + "=" + quoted(both.get(1), true, budget));
      }
      return PythonText.marked(value, budget.paid(query.toString()), budget);
    }
    return PythonText.marked(value, quoted(value, false, budget), budget);
  }

  private static String quoted(Object value, boolean inQuery, Budget budget) {
    String encoded =
        URLEncoder.encode(PythonText.str(value, budget), StandardCharsets.UTF_8)
            .replace("*", "%2A")
            .replace("%7E", "~");
    return budget.paid(inQuery ? encoded : encoded.replace("+", "%20").replace("%2F", "/"));
  }

  /** The sum of two texts of which one is safe: the other is escaped. */
  static Object joinedSafe(Object a, Object b, Budget budget) {
    TextBuilder sum = new TextBuilder();
    for (Object text : List.of(a, b)) {
      String whole = UserText.string(text);
      int[] borders = text instanceof UserText user ? user.borders() : new int[0];
      for (int i = 0; i < whole.length(); i++) {
        String escaped = UserText.isSafe(text) ? "" : escape(whole.substring(i, i + 1));
        if (escaped.length() > 1) {
          budget.charge(escaped.length());
          sum.append(UserText.isTemplates(borders, i, i + 1) ? escaped : UserText.of(escaped));
        } else {
          sum.append(text, i, i + 1);
        }
      }
    }
    return sum.toText();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  /** A capital at each word's start, where only white space and brackets end words. */
  private static String title(String text) {
    StringBuilder result = new StringBuilder();
    boolean starts = true;
    for (int c : text.codePoints().toArray()) {
      result.appendCodePoint(starts ? Character.toTitleCase(c) : Character.toLowerCase(c));
      starts = Characters.isSpace(c) || TITLE_BREAKS.indexOf(c) >= 0;
    }
    return result.toString();
  }

  private static Object replace(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("replace", "old", "new", "count?");
    Object count = bound.get("count");
    Object result =
        StringMethods.replace(
            PythonText.text(value, budget),
            PythonText.str(bound.get("old"), budget),
            PythonText.text(bound.get("new"), budget),
            count == None.NONE ? -1 : bound.integer("count", -1),
            budget);
    budget.charge(UserText.string(result).length());
    return result;
  }

  private static Object indent(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("indent", "width?", "first?", "blank?");
    Object pad;
    if (UserText.isText(bound.get("width", 4L))) {
      pad = bound.get("width");
    } else {
      long width = bound.integer("width", 4);
      budget.charge(width);
      pad = " ".repeat((int) Math.max(0, width));
    }
    if (!UserText.isText(value)) {
      Values.requireDefined(value);
      throw new JinjaException("indent() needs a text, not " + Values.typeName(value));
    }
    Object text = new TextBuilder().append(value).append("\n").toText();
    boolean blank = bound.flag("blank", false);
    List<Object> lines = Splits.lines(text, false);
    TextBuilder result = new TextBuilder();
    for (int i = 0; i < lines.size(); i++) {
      Object line = lines.get(i);
      boolean indented = i == 0 ? bound.flag("first", false) : blank || !line.equals("");
      StringMethods.append(result, i == 0 ? "" : "\n", indented ? pad : "", budget);
      StringMethods.append(result, "", line, budget);
    }
    return result.toText();
  }

  private static Object truncate(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("truncate", "length?", "killwords?", "end?", "leeway?");
    long length = bound.integer("length", 255);
    String end = bound.text("end", "...");
    long leeway = bound.integer("leeway", 5);
    long kept = length - Characters.length(end);
    if (kept < 0 || leeway < 0) {
      throw new JinjaException("truncate(): length is below that of its end");
    }
    if (Values.length(value).orElse(Long.MAX_VALUE) <= length + leeway) {
      return value;
    }
    if (!UserText.isText(value)) {
      Values.requireDefined(value);
      throw new JinjaException("truncate() needs a text, not " + Values.typeName(value));
    }
    Object whole = value;
    String text = UserText.string(whole);
    String cut = text.substring(0, Characters.offset(text, (int) kept));
    int space = cut.lastIndexOf(' ');
    int last = bound.flag("killwords", false) || space < 0 ? cut.length() : space;
    return new TextBuilder().append(whole, 0, last).append(bound.get("end", end)).toText();
  }

  private static Object center(Object value, Arguments arguments, Budget budget) {
    long width = arguments.bind("center", "width?").integer("width", 80);
    Callable center = StringMethods.find(PythonText.text(value, budget), "center");
    return center == null ? value : center.call(new Arguments(List.of(width), Map.of()), budget);
  }
}
