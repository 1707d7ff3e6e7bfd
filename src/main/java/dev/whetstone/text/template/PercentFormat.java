package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code '%s' % value}. */
final class PercentFormat {
  private static final Pattern FIELD =
      Pattern.compile(
          "%(?:\\((.*?)\\))?([-+ 0#]*)(\\d*)(?:\\.(\\d+))?([a-zA-Z%])?", Pattern.DOTALL);

  private PercentFormat() {}

  /** Python takes whatever has items for a mapping, of which not every item need be used. */
  private static boolean hasItems(Object value) {
    return value instanceof Map<?, ?> || value instanceof List<?> || value instanceof Undefined;
  }

  static Object format(Object template, Object value, Budget budget) {
    String format = UserText.string(template);
    budget.charge(format.length());
    List<Object> values = value instanceof Tuple tuple ? tuple.items() : List.of(value);
    TextBuilder result = new TextBuilder();
    Matcher field = FIELD.matcher(format);
    int from = 0;
    int used = 0;
    while (field.find(from)) {
      Object between = UserText.part(template, from, field.start());
      from = field.end();
      String type = field.group(5);
      if (type == null) {
        throw new JinjaException("incomplete format");
      }
      Object next = "";
      if (field.group(1) != null) {
        if (!(value instanceof Map<?, ?> dict)) {
          throw new JinjaException("format requires a mapping");
        }
        next = dict.get(field.group(1));
        used = values.size();
        if (next == null) {
          throw new JinjaException("no value for the format's key '" + field.group(1) + "'");
        }
      } else if (!type.equals("%")) {
        if (used >= values.size()) {
          throw new JinjaException("not enough arguments for format string");
        }
        next = values.get(used++);
      }
      StringMethods.append(
          result,
          between,
          type.equals("%") ? "%" : spec(field).text(shown(type, next, budget), budget),
          budget);
    }
    if (used < values.size() && !hasItems(value)) {
      throw new JinjaException("not all arguments converted during string formatting");
    }
    return result.append(template, from, format.length()).toText();
  }

  private static FormatSpec spec(Matcher field) {
    String flags = field.group(2);
    char type = field.group(5).charAt(0);
    String precision = field.group(4);
    return new FormatSpec(
        " ",
        flags.contains("-") ? '<' : flags.contains("0") ? ' ' : '>',
        flags.contains("+"),
        flags.contains("0"),
        false,
        FormatSpec.number(field.group(3).isEmpty() ? null : field.group(3)),
        precision == null ? null : Integer.valueOf(FormatSpec.number(precision)),
        type == 'i' || type == 'u' ? 'd' : type == 'r' ? 's' : type);
  }

  /** The value as its letter takes it: a text, or a number. */
  private static Object shown(String type, Object value, Budget budget) {
    return switch (type) {
      case "s" -> PythonText.text(value, budget);
      case "r", "a" -> PythonText.marked(value, PythonText.repr(value, budget), budget);
      case "d", "i", "u" ->
          value instanceof Double number ? (Object) (long) (double) number : value;
      default -> value;
    };
  }
}
