package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Expr.Operator;
import dev.whetstone.text.template.syntax.JinjaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Python's operators. */
final class Operators {
  private Operators() {}

  static Object apply(Operator operator, Object a, Object b, Budget budget) {
    Values.requireDefined(a);
    if (operator == Operator.MODULO && UserText.isText(a)) {
      return PercentFormat.format(a, b, budget);
    }
    Values.requireDefined(b);
    if (Values.isNumber(a) && Values.isNumber(b)) {
      return a instanceof Double || b instanceof Double || operator == Operator.DIVIDE
          ? decimals(operator, Values.decimal(a), Values.decimal(b))
          : integers(operator, Values.integer(a), Values.integer(b));
    }
    return switch (operator) {
      case ADD -> add(a, b, budget);
      case MULTIPLY ->
          Values.isNumber(a) ? repeat(b, a, operator, budget) : repeat(a, b, operator, budget);
      default -> throw unsupported(operator, a, b);
    };
  }

  private static Object add(Object a, Object b, Budget budget) {
    if (UserText.isText(a) && UserText.isText(b)) {
      budget.charge((long) UserText.string(a).length() + UserText.string(b).length());
      return UserText.isSafe(a) || UserText.isSafe(b)
          ? UserText.safe(TextFilters.joinedSafe(a, b, budget))
          : new TextBuilder().append(a).append(b).toText();
    }
    if (a instanceof List<?> left && b instanceof List<?> right) {
      return joined(left, right, budget);
    }
    if (a instanceof Tuple left && b instanceof Tuple right) {
      return new Tuple(joined(left.items(), right.items(), budget));
    }
    throw unsupported(Operator.ADD, a, b);
  }

  private static List<Object> joined(List<?> a, List<?> b, Budget budget) {
    budget.charge(8L * a.size() + 8L * b.size());
    List<Object> all = new ArrayList<>(a);
    all.addAll(b);
    return all;
  }

  private static Object repeat(Object value, Object times, Operator operator, Budget budget) {
    if (!(times instanceof Long || times instanceof Boolean)) {
      throw unsupported(operator, value, times);
    }
    long count = Math.clamp(Values.integer(times), 0, Budget.MAX_SIZE + 1L);
    return switch (value) {
      case String text -> {
        budget.charge(count * text.length());
        yield text.repeat(text.isEmpty() ? 0 : (int) count);
      }
      case UserText text -> {
        budget.charge(count * text.text().length());
        TextBuilder all = new TextBuilder();
        for (long i = 0; i < count; i++) {
          all.append(text);
        }
        yield all.toText();
      }
      case List<?> list -> repeated(list, count, budget);
      case Tuple tuple -> new Tuple(repeated(tuple.items(), count, budget));
      default -> throw unsupported(operator, value, times);
    };
  }

  private static List<Object> repeated(List<?> items, long count, Budget budget) {
    budget.charge(8 * count * items.size());
    List<Object> all = new ArrayList<>();
    for (long i = 0; i < count && !items.isEmpty(); i++) {
      all.addAll(items);
    }
    return all;
  }

  private static Object integers(Operator operator, long a, long b) {
    try {
      return switch (operator) {
        case ADD -> Math.addExact(a, b);
        case SUBTRACT -> Math.subtractExact(a, b);
        case MULTIPLY -> Math.multiplyExact(a, b);
        case FLOOR_DIVIDE -> Math.floorDivExact(a, b);
        case MODULO -> Math.floorMod(a, b);
        case POWER -> power(a, b);
        case DIVIDE -> decimals(operator, (double) a, (double) b);
      };
    } catch (ArithmeticException overflow) {
      throw new JinjaException(b == 0 ? "division by zero" : "an integer of more than 64 bits");
    }
  }

  private static Object power(long base, long exponent) {
    if (exponent < 0) {
      return decimals(Operator.POWER, (double) base, (double) exponent);
    }
    if (base == 0 || base == 1 || base == -1) {
      return exponent == 0 ? 1L : base == -1 && exponent % 2 == 0 ? 1L : base;
    }
    long result = 1;
    for (long i = 0; i < exponent; i++) {
      result = Math.multiplyExact(result, base);
    }
    return result;
  }

  private static Object decimals(Operator operator, double a, double b) {
    if (b == 0
        && (operator == Operator.DIVIDE
            || operator == Operator.FLOOR_DIVIDE
            || operator == Operator.MODULO)) {
      throw new JinjaException("division by zero");
    }
    return switch (operator) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case FLOOR_DIVIDE -> floorQuotient(a, b);
      case MODULO -> remainder(a, b);
      case POWER -> power(a, b);
    };
  }

  /** Python's remainder, of the divisor's sign. */
  private static double remainder(double a, double b) {
    double rest = a % b;
    if (rest == 0) {
      return Math.copySign(0, b);
    }
    return b < 0 == rest < 0 ? rest : rest + b;
  }

  /** Python's float_floor_div: by the exact remainder, for a / b may be rounded up. */
  private static double floorQuotient(double a, double b) {
    double quotient = (a - remainder(a, b)) / b;
    if (quotient == 0) {
      return Math.copySign(0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double power(double base, double exponent) {
    double result = Math.pow(base, exponent);
    if (Double.isInfinite(result) || (Double.isNaN(result) && !Double.isNaN(base))) {
      throw new JinjaException("a power that is no number");
    }
    return result;
  }

  static Object negative(Object value) {
    Values.requireDefined(value);
    if (value instanceof Double number) {
      return -number;
    }
    if (Values.isNumber(value)) {
      return integers(Operator.SUBTRACT, 0, Values.integer(value));
    }
    throw new JinjaException("bad operand type for unary -: '" + Values.typeName(value) + "'");
  }

  static Object positive(Object value) {
    Values.requireDefined(value);
    if (value instanceof Boolean) {
      return Values.integer(value);
    }
    if (Values.isNumber(value)) {
      return value;
    }
    throw new JinjaException("bad operand type for unary +: '" + Values.typeName(value) + "'");
  }

  static boolean compare(String operator, Object a, Object b, Budget budget) {
    return switch (operator) {
      case "==" -> Values.equal(a, b);
      case "!=" -> !Values.equal(a, b);
      case "in" -> contains(b, a, budget);
      case "not in" -> !contains(b, a, budget);
      default -> ordered(operator, a, b);
    };
  }

  private static boolean ordered(String operator, Object a, Object b) {
    boolean nan =
        Values.isNumber(a)
            && Values.isNumber(b)
            && (Double.isNaN(Values.decimal(a)) || Double.isNaN(Values.decimal(b)));
    int order = Values.compare(a, b, operator);
    return !nan
        && switch (operator) {
          case "<" -> order < 0;
          case "<=" -> order <= 0;
          case ">" -> order > 0;
          default -> order >= 0;
        };
  }

  static boolean contains(Object container, Object item, Budget budget) {
    return switch (UserText.plain(container)) {
      case String text -> {
        if (!(UserText.plain(item) instanceof String part)) {
          Values.requireDefined(item);
          throw new JinjaException(
              "'in <string>' requires string as left operand, not " + Values.typeName(item));
        }
        budget.charge(text.length());
        yield text.contains(part);
      }
      case Map<?, ?> dict -> dict.containsKey(Values.key(item));
      case Namespace namespace -> throw new JinjaException("a namespace is not iterable");
      default -> {
        for (Object other : Values.items(container, budget)) {
          if (Values.equal(other, item)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  private static JinjaException unsupported(Operator operator, Object a, Object b) {
    if (operator == Operator.ADD && UserText.isText(a)) {
      return new JinjaException(
          "can only concatenate str (not \"" + Values.typeName(b) + "\") to str");
    }
    String sign =
        switch (operator) {
          case ADD -> "+";
          case SUBTRACT -> "-";
          case MULTIPLY -> "*";
          case DIVIDE -> "/";
          case FLOOR_DIVIDE -> "//";
          case MODULO -> "%";
          case POWER -> "**";
        };
    return new JinjaException(
        "unsupported operand types for "
            + sign
            + ": '"
            + Values.typeName(a)
            + "' and '"
            + Values.typeName(b)
            + "'");
  }
}
