package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Expr;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Jinja's tests: what may stand behind {@code is}, and in select and reject. */
final class Tests {
  private Tests() {}

  static boolean apply(String name, Object value, Arguments arguments, Budget budget) {
    return switch (name) {
      case "defined" -> none(name, arguments) && !(value instanceof Undefined);
      case "undefined" -> none(name, arguments) && value instanceof Undefined;
      case "none" -> none(name, arguments) && value == None.NONE;
      case "boolean" -> none(name, arguments) && value instanceof Boolean;
      case "true" -> none(name, arguments) && Boolean.TRUE.equals(value);
      case "false" -> none(name, arguments) && Boolean.FALSE.equals(value);
      case "integer" -> none(name, arguments) && value instanceof Long;
      case "float" -> none(name, arguments) && value instanceof Double;
      case "number" -> none(name, arguments) && Values.isNumber(value);
      case "string" -> none(name, arguments) && UserText.isText(value);
      case "mapping" -> none(name, arguments) && value instanceof Map<?, ?>;
      case "iterable" -> none(name, arguments) && Values.isIterable(value);
      case "sequence" -> none(name, arguments) && isSequence(value);
      case "callable" ->
          none(name, arguments) && (value instanceof Callable || value instanceof Undefined);
      case "escaped" -> false;
      case "lower" -> {
        String text = PythonText.str(value, budget);
        yield truth(StringMethods.find(text, "islower"), budget);
      }
      case "upper" -> {
        String text = PythonText.str(value, budget);
        yield truth(StringMethods.find(text, "isupper"), budget);
      }
      case "odd" -> remainder(value, 2L, budget) == 1;
      case "even" -> remainder(value, 2L, budget) == 0;
      case "divisibleby" -> remainder(value, arguments.bind(name, "num").get("num"), budget) == 0;
      case "sameas" -> same(value, arguments.bind(name, "other").get("other"));
      case "filter" ->
          UserText.plain(Values.key(value)) instanceof String filter && Filters.has(filter);
      case "test" -> UserText.isText(Values.key(value)) && has(value, budget);
      default -> comparison(name, value, arguments, budget);
    };
  }

  private static boolean comparison(String name, Object value, Arguments arguments, Budget budget) {
    String operator =
        switch (name) {
          case "eq", "equalto", "==" -> "==";
          case "ne", "!=" -> "!=";
          case "lt", "lessthan", "<" -> "<";
          case "le", "<=" -> "<=";
          case "gt", "greaterthan", ">" -> ">";
          case "ge", ">=" -> ">=";
          case "in" -> "in";
          default -> throw new JinjaException("no test named '" + name + "'");
        };
    return Operators.compare(operator, value, arguments.bind(name, "other").get("other"), budget);
  }

  private static boolean none(String name, Arguments arguments) {
    arguments.bind(name);
    return true;
  }

  private static boolean truth(@Nullable Callable method, Budget budget) {
    return method != null && Values.truth(method.call(Arguments.EMPTY, budget));
  }

  private static double remainder(Object value, Object divisor, Budget budget) {
    if (!Values.isNumber(value)) {
      Values.requireDefined(value);
      throw new JinjaException("a number is required, not " + Values.typeName(value));
    }
    return Values.decimal(Operators.apply(Expr.Operator.MODULO, value, divisor, budget));
  }

  private static boolean isSequence(Object value) {
    return UserText.isText(value)
        || value instanceof List<?>
        || value instanceof Tuple
        || value instanceof Map<?, ?>
        || value instanceof Undefined
        || (value instanceof Sequence sequence && sequence.kind == Sequence.Kind.RANGE);
  }

  private static boolean same(Object one, Object other) {
    Object a = UserText.plain(one);
    Object b = UserText.plain(other);
    return a == b
        || (a.getClass() == b.getClass()
            && !(a instanceof List<?>)
            && !(a instanceof Map<?, ?>)
            && a.equals(b));
  }

  private static boolean has(Object name, Budget budget) {
    try {
      apply(
          String.valueOf(UserText.plain(name)).toLowerCase(Locale.ROOT),
          1L,
          new Arguments(List.of(1L), Map.of()),
          budget);
      return true;
    } catch (JinjaException unknown) {
      return !String.valueOf(unknown.getMessage()).startsWith("no test");
    }
  }
}
