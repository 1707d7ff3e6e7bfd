package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    text(filters, "string", text -> text);
    text(filters, "escape", TextFilters::escape);
    text(filters, "e", TextFilters::escape);
    text(filters, "forceescape", TextFilters::escape);
    text(
        filters,
        "striptags",
        text -> String.join(" ", TAG.matcher(text).replaceAll("").trim().split("\\s+")));
    text(
        filters,
        "urlencode",
        text ->
            URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%2F", "/")
                .replace("%7E", "~"));
    filters.put(
        "trim",
        (value, a, budget) ->
            StringMethods.strip(
                PythonText.str(value, budget), a.bind("trim", "chars?"), true, true));
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
                PythonText.str(value, budget),
                a.named().isEmpty() ? new Tuple(a.positional()) : a.named(),
                budget));
  }

  private static void text(
      Map<String, Filters.Filter> filters, String name, UnaryOperator<String> change) {
    filters.put(
        name,
        (value, arguments, budget) -> {
          arguments.bind(name);
          return budget.paid(change.apply(budget.paid(PythonText.str(value, budget))));
        });
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
    return budget.paid(
        StringMethods.replace(
            PythonText.str(value, budget),
            PythonText.str(bound.get("old"), budget),
            PythonText.str(bound.get("new"), budget),
            count == None.NONE ? -1 : bound.integer("count", -1),
            budget));
  }

  private static Object indent(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("indent", "width?", "first?", "blank?");
    String pad;
    if (bound.get("width", 4L) instanceof String text) {
      pad = text;
    } else {
      long width = bound.integer("width", 4);
      budget.charge(width);
      pad = " ".repeat((int) Math.max(0, width));
    }
    String text = PythonText.str(value, budget);
    boolean blank = bound.flag("blank", false);
    List<String> lines = Splits.lines(text + "\n", false);
    StringBuilder result = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      boolean indented = i == 0 ? bound.flag("first", false) : blank || !line.isEmpty();
      StringMethods.append(result, i == 0 ? "" : "\n", (indented ? pad : "") + line, budget);
    }
    return result.toString();
  }

  private static Object truncate(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("truncate", "length?", "killwords?", "end?", "leeway?");
    long length = bound.integer("length", 255);
    String end = bound.text("end", "...");
    String text = PythonText.str(value, budget);
    int all = Characters.length(text);
    if (all <= length + bound.integer("leeway", 5)) {
      return text;
    }
    long kept = length - Characters.length(end);
    if (kept < 0) {
      throw new JinjaException("truncate(): length is below that of its end");
    }
    String cut = text.substring(0, Characters.offset(text, (int) kept));
    int space = cut.lastIndexOf(' ');
    return (bound.flag("killwords", false) || space < 0 ? cut : cut.substring(0, space)) + end;
  }

  private static Object center(Object value, Arguments arguments, Budget budget) {
    long width = arguments.bind("center", "width?").integer("width", 80);
    Callable center = StringMethods.find(PythonText.str(value, budget), "center");
    return center == null ? value : center.call(new Arguments(List.of(width), Map.of()), budget);
  }
}
