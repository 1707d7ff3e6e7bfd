package dev.whetstone.text.template.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression; {@code at} is its offset in the template. */
public sealed interface Expr {
  int at();

  record Constant(Object value, int at) implements Expr {}

  record Name(String name, int at) implements Expr {}

  record ListOf(List<Expr> items, int at) implements Expr {}

  record TupleOf(List<Expr> items, int at) implements Expr {}

  record DictOf(List<Expr> keys, List<Expr> values, int at) implements Expr {}

  record Attribute(Expr of, String name, int at) implements Expr {}

  record Item(Expr of, Expr key, int at) implements Expr {}

  record Slice(@Nullable Expr start, @Nullable Expr stop, @Nullable Expr step, int at)
      implements Expr {}

  record Call(Expr function, Passed passed, int at) implements Expr {}

  record Filter(Expr input, String name, Passed passed, int at) implements Expr {}

  record Test(Expr input, String name, Passed passed, int at) implements Expr {}

  record Negative(Expr of, int at) implements Expr {}

  record Positive(Expr of, int at) implements Expr {}

  record Not(Expr of, int at) implements Expr {}

  record And(Expr left, Expr right, int at) implements Expr {}

  record Or(Expr left, Expr right, int at) implements Expr {}

  record Binary(Operator operator, Expr left, Expr right, int at) implements Expr {}

  record Compare(Expr first, List<Comparison> rest, int at) implements Expr {}

  record Concat(List<Expr> parts, int at) implements Expr {}

  record Conditional(Expr test, Expr then, @Nullable Expr otherwise, int at) implements Expr {}

  /** The arguments of a call as they are written; the last two are {@code *} and {@code **}. */
  record Passed(
      List<Expr> positional, List<Keyword> named, @Nullable Expr more, @Nullable Expr moreNamed) {
    static final Passed NOTHING = new Passed(List.of(), List.of(), null, null);
  }

  record Keyword(String name, Expr value) {}

  record Comparison(String operator, Expr right) {}

  enum Operator {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    FLOOR_DIVIDE,
    MODULO,
    POWER
  }
}
