package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Expr;
import dev.whetstone.text.template.syntax.Expr.Comparison;
import dev.whetstone.text.template.syntax.Expr.Passed;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.None;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Evaluates the expressions of one rendering. */
final class Evaluator {
  private final Budget budget;

  Evaluator(Budget budget) {
    this.budget = budget;
  }

  Object evaluate(Expr expression, Scope scope) {
    budget.enter();
    try {
      Object value = value(expression, scope);
      budget.leave();
      return value;
    } catch (JinjaException failure) {
      throw failure.within(expression.at());
    }
  }

  private Object value(Expr expression, Scope scope) {
    return switch (expression) {
      case Expr.Constant constant -> constant.value();
      case Expr.Name name -> scope.get(name.name());
      case Expr.ListOf list -> all(list.items(), scope);
      case Expr.TupleOf tuple -> new Tuple(all(tuple.items(), scope));
      case Expr.DictOf dict -> dict(dict, scope);
      case Expr.Attribute attribute ->
          Attributes.attribute(evaluate(attribute.of(), scope), attribute.name(), budget);
      case Expr.Item item -> item(item, scope);
      case Expr.Slice slice -> throw new JinjaException("a slice stands in no brackets of its own");
      case Expr.Call call -> call(call, Map.of(), scope);
      case Expr.Filter filter ->
          Filters.apply(
              filter.name(),
              evaluate(filter.input(), scope),
              arguments(filter.passed(), Map.of(), scope),
              budget);
      case Expr.Test test ->
          Tests.apply(
              test.name(),
              evaluate(test.input(), scope),
              arguments(test.passed(), Map.of(), scope),
              budget);
      case Expr.Negative negative -> Operators.negative(evaluate(negative.of(), scope));
      case Expr.Positive positive -> Operators.positive(evaluate(positive.of(), scope));
      case Expr.Not not -> !Values.truth(evaluate(not.of(), scope));
      case Expr.And and -> {
        Object left = evaluate(and.left(), scope);
        yield Values.truth(left) ? evaluate(and.right(), scope) : left;
      }
      case Expr.Or or -> {
        Object left = evaluate(or.left(), scope);
        yield Values.truth(left) ? left : evaluate(or.right(), scope);
      }
      case Expr.Binary binary ->
          Operators.apply(
              binary.operator(),
              evaluate(binary.left(), scope),
              evaluate(binary.right(), scope),
              budget);
      case Expr.Compare compare -> compare(compare, scope);
      case Expr.Concat concat -> concat(concat, scope);
      case Expr.Conditional conditional -> conditional(conditional, scope);
    };
  }

  private List<Object> all(List<Expr> expressions, Scope scope) {
    List<Object> values = new ArrayList<>(expressions.size());
    for (Expr expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Object dict(Expr.DictOf dict, Scope scope) {
    Map<Object, Object> values = new Dict();
    for (int i = 0; i < dict.keys().size(); i++) {
      values.put(
          Values.key(evaluate(dict.keys().get(i), scope)), evaluate(dict.values().get(i), scope));
    }
    return values;
  }

  private Object item(Expr.Item item, Scope scope) {
    Object of = evaluate(item.of(), scope);
    if (item.key() instanceof Expr.Slice slice) {
      return Slices.slice(
          of,
          bound(slice.start(), scope),
          bound(slice.stop(), scope),
          bound(slice.step(), scope),
          budget);
    }
    return Attributes.item(of, evaluate(item.key(), scope), budget);
  }

  private Object bound(@Nullable Expr expression, Scope scope) {
    return expression == null ? None.NONE : evaluate(expression, scope);
  }

  /** Calls a function with further arguments by name beside those that are written. */
  Object call(Expr.Call call, Map<String, Object> extra, Scope scope) {
    Object function = evaluate(call.function(), scope);
    Arguments arguments = arguments(call.passed(), extra, scope);
    if (function instanceof Callable callable) {
      return callable.call(arguments, budget);
    }
    Values.requireDefined(function);
    throw new JinjaException("'" + Values.typeName(function) + "' object is not callable");
  }

  private Arguments arguments(Passed passed, Map<String, Object> extra, Scope scope) {
    List<Object> positional = all(passed.positional(), scope);
    Map<String, Object> named = new LinkedHashMap<>();
    for (Expr.Keyword keyword : passed.named()) {
      named.put(keyword.name(), evaluate(keyword.value(), scope));
    }
    if (passed.more() != null) {
      positional.addAll(Values.items(evaluate(passed.more(), scope), budget));
    }
    if (passed.moreNamed() != null) {
      if (!(evaluate(passed.moreNamed(), scope) instanceof Map<?, ?> more)) {
        throw new JinjaException("the argument behind ** must be a dict");
      }
      more.forEach(
          (key, value) -> {
            if (!(UserText.plain(key) instanceof String name) || named.put(name, value) != null) {
              throw new JinjaException("an argument behind ** has no name or one twice");
            }
          });
    }
    named.putAll(extra);
    return new Arguments(positional, named);
  }

  private Object compare(Expr.Compare compare, Scope scope) {
    Object left = evaluate(compare.first(), scope);
    for (Comparison comparison : compare.rest()) {
      Object right = evaluate(comparison.right(), scope);
      if (!Operators.compare(comparison.operator(), left, right, budget)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Object concat(Expr.Concat concat, Scope scope) {
    TextBuilder text = new TextBuilder();
    for (Expr part : concat.parts()) {
      Object next = PythonText.text(evaluate(part, scope), budget);
      budget.charge((long) text.length() + UserText.string(next).length());
      text.append(next);
    }
    return text.toText();
  }

  private Object conditional(Expr.Conditional conditional, Scope scope) {
    if (Values.truth(evaluate(conditional.test(), scope))) {
      return evaluate(conditional.then(), scope);
    }
    return conditional.otherwise() == null
        ? new Undefined("the inline if-expression has no else")
        : evaluate(conditional.otherwise(), scope);
  }
}
