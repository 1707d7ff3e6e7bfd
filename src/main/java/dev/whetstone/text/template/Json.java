package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as Python's json.dumps writes it. */
final class Json {
  private final StringBuilder out = new StringBuilder();
  private final Style style;
  private final Budget budget;

  /**
   * How json.dumps writes.
   *
   * @param indent what one level is indented by; null writes all on one line
   */
  record Style(
      boolean ascii, @Nullable String indent, String comma, String colon, boolean sorted) {}

  private Json(Style style, Budget budget) {
    this.style = style;
    this.budget = budget;
  }

  /** The JSON, which is the user's text where the value has some. */
  static Object dump(Object value, Style style, Budget budget) {
    Json json = new Json(style, budget);
    json.write(value, 0);
    return PythonText.marked(value, budget.paid(json.out.toString()), budget);
  }

  private void write(Object value, int level) {
    budget.enter();
    budget.charge(out.length() / 64);
    switch (value) {
      case None none -> out.append("null");
      case Boolean bool -> out.append(bool);
      case Long number -> out.append(number.longValue());
      case Double number -> out.append(number(number));
      case String text -> quote(text);
      case UserText user -> quote(user.text());
      case List<?> list -> items(list, level);
      case Tuple tuple -> items(tuple.items(), level);
      case Map<?, ?> dict -> entries(dict, level);
      default ->
          throw new JinjaException(
              "object of type " + Values.typeName(value) + " is not JSON serializable");
    }
    budget.leave();
  }

  private static String number(double number) {
    if (Double.isNaN(number)) {
      return "NaN";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "Infinity" : "-Infinity";
    }
    return PythonText.decimal(number);
  }

  private void items(List<?> items, int level) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      line(level + 1);
      write(item, level + 1);
      separator = style.comma();
    }
    line(level);
    out.append(']');
  }

  private void entries(Map<?, ?> dict, int level) {
    if (dict.isEmpty()) {
      out.append("{}");
      return;
    }
    List<Map.Entry<?, ?>> entries = new ArrayList<>(dict.entrySet());
    if (style.sorted()) {
      entries.sort(Comparator.comparing(Map.Entry::getKey, (a, b) -> Values.compare(a, b, "<")));
    }
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> entry : entries) {
      out.append(separator);
      line(level + 1);
      quote(key(entry.getKey()));
      out.append(style.colon());
      write(entry.getValue(), level + 1);
      separator = style.comma();
    }
    line(level);
    out.append('}');
  }

  private static String key(Object key) {
    return switch (key) {
      case String text -> text;
      case UserText user -> user.text();
      case None none -> "null";
      case Boolean bool -> bool.toString();
      case Long number -> number.toString();
      case Double number -> number(number);
      default ->
          throw new JinjaException(
              "keys must be str, int, float, bool or None, not " + Values.typeName(key));
    };
  }

  private void line(int level) {
    if (style.indent() != null) {
      budget.charge((long) level * style.indent().length());
      out.append('\n').repeat(style.indent(), level);
    }
  }

  private void quote(String text) {
    budget.charge(text.length());
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < ' ' || (style.ascii() && c > '~')) {
            out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
