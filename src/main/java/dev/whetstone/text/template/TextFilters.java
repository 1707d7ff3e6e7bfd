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
    Object text = new TextBuilder().append(PythonText.text(value, budget)).append("\n").toText();
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
    Object whole = PythonText.text(value, budget);
    String text = UserText.string(whole);
    int all = Characters.length(text);
    if (all <= length + bound.integer("leeway", 5)) {
      return whole;
    }
    long kept = length - Characters.length(end);
    if (kept < 0) {
      throw new JinjaException("truncate(): length is below that of its end");
    }
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
