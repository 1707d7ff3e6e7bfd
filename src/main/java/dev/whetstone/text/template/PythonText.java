package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.None;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Values as Python's str() and repr() write them. */
final class PythonText {
  private PythonText() {}

  /** What a template prints for a value: a text that is the user's where the value has some. */
  static Object text(Object value, Budget budget) {
    return UserText.isText(value) ? value : marked(value, str(value, budget), budget);
  }

  /** The text that was made of a value, the user's where the value has some. */
  static Object marked(Object value, String text, Budget budget) {
    return UserText.isIn(value, budget) ? UserText.of(text) : text;
  }

  /** The characters of what a template prints for a value. */
  static String str(Object value, Budget budget) {
    return switch (value) {
      case String text -> text;
      case UserText user -> user.text();
      case Undefined undefined -> "";
      case Long number -> number.toString();
      default -> repr(value, budget);
    };
  }

  static String repr(Object value, Budget budget) {
    StringBuilder out = new StringBuilder();
    write(out, value, budget);
    return budget.paid(out.toString());
  }

  private static void write(StringBuilder out, Object value, Budget budget) {
    budget.enter();
    switch (value) {
      case None none -> out.append("None");
      case Boolean bool -> out.append(bool ? "True" : "False");
      case Long number -> out.append(number.longValue());
      case Double number -> out.append(decimal(number));
      case String text -> quote(out, text, budget);
      case UserText user -> quote(out, user.text(), budget);
      case Undefined undefined -> out.append("Undefined");
      case List<?> list -> items(out, "[", list, "]", budget);
      case Tuple tuple ->
          items(out, "(", tuple.items(), tuple.items().size() == 1 ? ",)" : ")", budget);
      case Map<?, ?> dict -> entries(out, dict, budget);
      case Namespace namespace -> {
        out.append("<Namespace ");
        entries(out, namespace.attributes(), budget);
        out.append('>');
      }
      case Sequence sequence -> sequence(out, sequence, budget);
      case Macro macro -> {
        out.append("<Macro ");
        quote(out, macro.name(), budget);
        out.append('>');
      }
      case Loop loop ->
          out.append("<LoopContext ")
              .append(loop.index())
              .append('/')
              .append(loop.length())
              .append('>');
      default -> out.append("<function>");
    }
    budget.leave();
  }

  private static void sequence(StringBuilder out, Sequence sequence, Budget budget) {
    switch (sequence.kind) {
      case GENERATOR -> out.append("<generator>");
      case RANGE -> out.append(sequence.label());
      case VIEW -> {
        out.append(sequence.label());
        items(out, "([", sequence.items(), "])", budget);
      }
    }
  }

  private static void items(
      StringBuilder out, String open, List<?> items, String close, Budget budget) {
    out.append(open);
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      write(out, item, budget);
      separator = ", ";
    }
    out.append(close);
  }

  private static void entries(StringBuilder out, Map<?, ?> dict, Budget budget) {
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> entry : dict.entrySet()) {
      out.append(separator);
      write(out, entry.getKey(), budget);
      out.append(": ");
      write(out, entry.getValue(), budget);
      separator = ", ";
    }
    out.append('}');
  }

  private static void quote(StringBuilder out, String text, Budget budget) {
    budget.charge((long) out.length() / 64 + text.length());
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                  if (c == quote) {
                    out.append('\\').append(quote);
                  } else if (isPrintable(c)) {
                    out.appendCodePoint(c);
                  } else {
                    String form = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
                    out.append(String.format(Locale.ROOT, form, c));
                  }
                }
              }
            });
    out.append(quote);
  }

  private static boolean isPrintable(int c) {
    return c == ' '
        || switch (Character.getType(c)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.PRIVATE_USE,
              Character.UNASSIGNED,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR ->
              false;
          default -> true;
        };
  }

  /** The shortest digits that give the number back, with an exponent where Python writes one. */
  static String decimal(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal digits = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String all = digits.unscaledValue().abs().toString();
    String mantissa = all.length() == 1 ? all : all.charAt(0) + "." + all.substring(1);
    return (number < 0 ? "-" : "")
        + mantissa
        + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
  }
}
