package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Characters;
import dev.whetstone.text.template.syntax.JinjaException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One field of a formatted text.
 *
 * @param type the letter that says how, or 's' where none is given
 */
record FormatSpec(
    String fill,
    char align,
    boolean plus,
    boolean zero,
    boolean commas,
    int width,
    @Nullable Integer precision,
    char type) {
  private static final Pattern BRACE =
      Pattern.compile(
          "(?:(.)?([<>^=]))?([-+ ])?#?(0)?(\\d+)?(,)?(?:\\.(\\d+))?([a-zA-Z%])?", Pattern.DOTALL);

  /** Reads what stands behind the colon in {@code {:>8.2f}}. */
  static FormatSpec parse(String text) {
    Matcher spec = BRACE.matcher(text);
    if (!spec.matches()) {
      throw new JinjaException("invalid format specifier '" + text + "'");
    }
    String align = spec.group(2);
    String fill = spec.group(1);
    String type = spec.group(8);
    String precision = spec.group(7);
    return new FormatSpec(
        fill == null ? " " : fill,
        align == null ? ' ' : align.charAt(0),
        "+".equals(spec.group(3)),
        spec.group(4) != null,
        spec.group(6) != null,
        number(spec.group(5)),
        precision == null ? null : Integer.valueOf(number(precision)),
        type == null ? ' ' : type.charAt(0));
  }

  static int number(@Nullable String digits) {
    if (digits == null) {
      return 0;
    }
    if (digits.length() > 6) {
      throw new JinjaException("a width or precision of more than six digits");
    }
    return Integer.parseInt(digits);
  }

  /** The text of a value, the user's where the value has some. */
  Object text(Object value, Budget budget) {
    boolean asItIs = width == 0 && precision == null && (type == ' ' || type == 's');
    return asItIs && UserText.isText(value)
        ? value
        : PythonText.marked(value, apply(value, budget), budget);
  }

  private String apply(Object value, Budget budget) {
    budget.charge(8L * width);
    if (precision != null) {
      budget.charge(8L * precision);
    }
    boolean numeric = Values.isNumber(value) && !(value instanceof Boolean && type == ' ');
    if (!numeric) {
      if (type != ' ' && type != 's') {
        throw new JinjaException("a number is required, not " + Values.typeName(value));
      }
      String text = PythonText.str(value, budget);
      if (precision != null && precision < Characters.length(text)) {
        return pad(text.substring(0, Characters.offset(text, precision)), '<');
      }
      return pad(text, '<');
    }
    String digits = digits(value);
    String signed = plus && !digits.startsWith("-") ? "+" + digits : digits;
    if (zero && align == ' ') {
      int sign = signed.startsWith("-") || signed.startsWith("+") ? 1 : 0;
      return signed.substring(0, sign)
          + "0".repeat(Math.max(0, width - signed.length()))
          + signed.substring(sign);
    }
    return pad(signed, '>');
  }

  private String digits(Object value) {
    String plain =
        switch (type) {
          case 'd' -> Long.toString(whole(value));
          case 'x' -> Long.toString(whole(value), 16);
          case 'X' -> Long.toString(whole(value), 16).toUpperCase(Locale.ROOT);
          case 'o' -> Long.toString(whole(value), 8);
          case 'b' -> Long.toString(whole(value), 2);
          case 'c' -> Character.toString((int) whole(value));
          case 'f', 'F' -> fixed(Values.decimal(value), precision == null ? 6 : precision);
          case '%' -> fixed(Values.decimal(value) * 100, precision == null ? 6 : precision) + "%";
          case 'e' ->
              String.format(
                  Locale.ROOT,
                  "%." + (precision == null ? 6 : precision) + "e",
                  Values.decimal(value));
          case ' ' -> general(value);
          default -> throw new JinjaException("unknown format code '" + type + "'");
        };
    return commas ? grouped(plain) : plain;
  }

  private String general(Object value) {
    if (precision != null) {
      throw new JinjaException("a precision needs a format code");
    }
    return value instanceof Double number
        ? PythonText.decimal(number)
        : Long.toString(Values.integer(value));
  }

  private static long whole(Object value) {
    if (value instanceof Double) {
      throw new JinjaException("an integer is required, not float");
    }
    return Values.integer(value);
  }

  static String fixed(double number, int precision) {
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      return PythonText.decimal(number);
    }
    String text =
        new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
    return 1 / number < 0 && number == 0 ? "-" + text : text;
  }

  private static String grouped(String digits) {
    int end = digits.indexOf('.') < 0 ? digits.length() : digits.indexOf('.');
    int start = digits.startsWith("-") ? 1 : 0;
    StringBuilder result = new StringBuilder(digits);
    for (int i = end - 3; i > start; i -= 3) {
      result.insert(i, ',');
    }
    return result.toString();
  }

  private String pad(String text, char otherwise) {
    int missing = Math.max(0, width - Characters.length(text));
    char side = align == ' ' ? otherwise : align;
    int left =
        switch (side) {
          case '<' -> 0;
          case '^' -> missing / 2;
          default -> missing;
        };
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }
}
