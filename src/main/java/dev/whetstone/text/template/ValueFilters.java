package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters for numbers, defaults, attributes and JSON. */
final class ValueFilters {
  private ValueFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("default", ValueFilters::otherwise);
    filters.put("d", ValueFilters::otherwise);
    filters.put("tojson", ValueFilters::json);
    filters.put("int", ValueFilters::integer);
    filters.put("float", ValueFilters::decimal);
    filters.put("abs", ValueFilters::absolute);
    filters.put("round", ValueFilters::round);
    filters.put("safe", (value, a, budget) -> UserText.safe(PythonText.text(value, budget)));
    filters.put(
        "pprint",
        (value, a, budget) -> PythonText.marked(value, PythonText.repr(value, budget), budget));
    filters.put(
        "attr",
        (value, a, budget) -> {
          Object found = Attributes.attribute(value, a.bind("attr", "name").text("name"), budget);
          return value instanceof Map<?, ?> && !(found instanceof Callable)
              ? new Undefined("a dict's items are no attributes")
              : found;
        });
  }

  private static Object otherwise(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("default", "default_value?", "boolean?");
    boolean replace =
        value instanceof Undefined || (bound.flag("boolean", false) && !Values.truth(value));
    return replace ? bound.get("default_value", "") : value;
  }

  private static Object json(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound =
        arguments.bind("tojson", "ensure_ascii?", "indent?", "separators?", "sort_keys?");
    String indent = indent(bound.get("indent"));
    String comma = indent == null ? ", " : ",";
    String colon = ": ";
    if (bound.get("separators") != None.NONE) {
      List<Object> both = Values.items(bound.get("separators"), budget);
      if (both.size() != 2
          || !(UserText.plain(both.getFirst()) instanceof String first)
          || !(UserText.plain(both.getLast()) instanceof String second)) {
        throw new JinjaException("tojson(): separators must be two texts");
      }
      comma = first;
      colon = second;
    }
    return Json.dump(
        value,
        new Json.Style(
            bound.flag("ensure_ascii", false),
            indent,
            comma,
            colon,
            bound.flag("sort_keys", false)),
        budget);
  }

  private static @Nullable String indent(Object value) {
    return switch (UserText.plain(value)) {
      case None none -> null;
      case String text -> text;
      case Long number -> " ".repeat(Math.clamp(number, 0, 1_000));
      case Boolean bool -> bool ? " " : "";
      default -> throw new JinjaException("tojson(): indent must be an integer or a text");
    };
  }

  private static Object integer(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("int", "default?", "base?");
    Object otherwise = bound.get("default", 0L);
    int base = Math.clamp(bound.integer("base", 10), 2, 36);
    Values.requireDefined(value);
    if (value instanceof Double number) {
      return Double.isFinite(number) && Math.abs(number) < 0x1p63
          ? (Object) (long) (double) number
          : otherwise;
    }
    if (Values.isNumber(value)) {
      return Values.integer(value);
    }
    if (!(UserText.plain(value) instanceof String text)) {
      return otherwise;
    }
    String digits = Characters.strip(text).replace("_", "").toLowerCase(Locale.ROOT);
    try {
      String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
      return Long.parseLong(
          prefix.isEmpty() || !digits.startsWith(prefix) ? digits : digits.substring(2), base);
    } catch (NumberFormatException noInteger) {
      Double number = number(text);
      return number != null && Double.isFinite(number)
          ? (Object) (long) (double) number
          : otherwise;
    }
  }

  private static Object decimal(Object value, Arguments arguments, Budget budget) {
    Object otherwise = arguments.bind("float", "default?").get("default", 0.0);
    Values.requireDefined(value);
    if (Values.isNumber(value)) {
      return Values.decimal(value);
    }
    Double number = UserText.plain(value) instanceof String text ? number(text) : null;
    return number == null ? otherwise : number;
  }

  /** A text's number, as Python's float() reads it. */
  private static @Nullable Double number(String text) {
    String digits = Characters.strip(text).toLowerCase(Locale.ROOT);
    switch (digits.replaceFirst("^[+-]", "")) {
      case "inf", "infinity" -> {
        return digits.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      }
      case "nan" -> {
        return Double.NaN;
      }
      default -> {}
    }
    try {
      return digits.isEmpty() || !Character.isLetter(digits.charAt(digits.length() - 1))
          ? Double.valueOf(digits)
          : null;
    } catch (NumberFormatException noNumber) {
      return null;
    }
  }

  private static Object absolute(Object value, Arguments arguments, Budget budget) {
    arguments.bind("abs");
    if (value instanceof Double number) {
      return Math.abs(number);
    }
    boolean negative = Values.isNumber(value) && Values.decimal(value) < 0;
    return negative ? Operators.negative(value) : Operators.positive(value);
  }

  private static Object round(Object value, Arguments arguments, Budget budget) {
    Arguments.Bound bound = arguments.bind("round", "precision?", "method?");
    int precision = Math.clamp(bound.integer("precision", 0), -300, 300);
    RoundingMode mode =
        switch (bound.text("method", "common")) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> throw new JinjaException("method must be common, ceil or floor");
        };
    Values.requireDefined(value);
    if (!Values.isNumber(value)) {
      throw new JinjaException("a number is required, not " + Values.typeName(value));
    }
    if (!(value instanceof Double) && mode == RoundingMode.HALF_EVEN) {
      return precision >= 0
          ? Values.integer(value)
          : rounded(BigDecimal.valueOf(Values.integer(value)), precision, mode).longValue();
    }
    double number = Values.decimal(value);
    if (!Double.isFinite(number)) {
      return number;
    }
    // As Jinja does it: 0.1 times ten is 1, though 0.1 itself is a little more than a tenth.
    double power = Math.pow(10, precision);
    return switch (mode) {
      // Python's are integers, of which zero has no sign.
      case CEILING -> (Math.ceil(number * power) + 0.0) / power;
      case FLOOR -> (Math.floor(number * power) + 0.0) / power;
      default ->
          Math.copySign(rounded(new BigDecimal(number), precision, mode).doubleValue(), number);
    };
  }

  private static BigDecimal rounded(BigDecimal number, int precision, RoundingMode mode) {
    return number.setScale(precision, mode);
  }
}
