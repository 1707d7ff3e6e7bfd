package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.Expr;
import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.Stmt;
import dev.whetstone.text.template.syntax.Stmt.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs the statements of one rendering. */
final class Interpreter {
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private final Budget budget;
  private final Evaluator evaluator;
  private TextBuilder out = new TextBuilder();

  Interpreter(Budget budget) {
    this.budget = budget;
    this.evaluator = new Evaluator(budget);
  }

  Evaluator evaluator() {
    return evaluator;
  }

  /** What the statements write, run in the scope itself. */
  Object capture(List<Stmt> body, Scope scope) {
    TextBuilder outer = out;
    out = new TextBuilder();
    try {
      run(body, scope);
      return out.toText();
    } finally {
      out = outer;
    }
  }

  private Flow run(List<Stmt> body, Scope scope) {
    for (Stmt statement : body) {
      budget.enter();
      Flow flow;
      try {
        flow = run(statement, scope);
      } catch (JinjaException failure) {
        throw failure.within(statement.at());
      }
      budget.leave();
      if (flow != Flow.ON) {
        return flow;
      }
    }
    return Flow.ON;
  }

  private Flow run(Stmt statement, Scope scope) {
    switch (statement) {
      case Stmt.Text text -> write(text.text());
      case Stmt.Print print ->
          write(PythonText.text(evaluator.evaluate(print.value(), scope), budget));
      case Stmt.Set set -> assign(set.target(), evaluator.evaluate(set.value(), scope), scope);
      case Stmt.SetBlock set ->
          assign(set.target(), filtered(set.filtered(), set.body(), scope), scope);
      case Stmt.FilterBlock filter ->
          write(requireText(filtered(filter.filtered(), filter.body(), scope)));
      case Stmt.If condition -> {
        return run(
            Values.truth(evaluator.evaluate(condition.test(), scope))
                ? condition.then()
                : condition.otherwise(),
            scope);
      }
      case Stmt.For loop -> {
        return run(loop, evaluator.evaluate(loop.in(), scope), scope, 1);
      }
      case Stmt.With with -> {
        Scope inner = scope.inner();
        for (int i = 0; i < with.targets().size(); i++) {
          assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
        }
        return run(with.body(), inner);
      }
      case Stmt.Define define ->
          scope.set(define.macro().name(), new Macro(define.macro(), scope, this));
      case Stmt.CallBlock block -> {
        Map<String, Object> extra = new HashMap<>();
        extra.put("caller", new Macro(block.caller(), scope, this));
        write(PythonText.text(evaluator.call(block.call(), extra, scope), budget));
      }
      case Stmt.Break jump -> {
        return Flow.BREAK;
      }
      case Stmt.Continue jump -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.ON;
  }

  private void write(Object text) {
    int length = UserText.string(text).length();
    budget.charge((long) out.length() + length > Budget.MAX_SIZE ? Budget.MAX_SIZE + 1L : length);
    out.append(text);
  }

  private static Object requireText(Object filtered) {
    if (!UserText.isText(filtered)) {
      throw new JinjaException(
          "the filters of a block made no text but " + Values.typeName(filtered));
    }
    return filtered;
  }

  /** The text of a block, which a break may cut, after its filters. */
  private Object filtered(Expr filters, List<Stmt> body, Scope scope) {
    Scope inner = scope.inner();
    inner.set(Stmt.CAPTURED, capture(body, inner));
    return evaluator.evaluate(filters, inner);
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Stmt.ToName name -> scope.set(name.name(), value);
      case Stmt.ToNamespace attribute -> {
        if (!(scope.get(attribute.name()) instanceof Namespace namespace)) {
          throw JinjaException.at(
              attribute.at(), "cannot assign attribute on non-namespace object");
        }
        namespace.set(attribute.attribute(), value);
      }
      case Stmt.ToTuple tuple -> {
        List<Object> items = Values.items(value, budget);
        if (items.size() != tuple.targets().size()) {
          throw new JinjaException(
              "cannot unpack " + items.size() + " values into " + tuple.targets().size());
        }
        for (int i = 0; i < items.size(); i++) {
          assign(tuple.targets().get(i), items.get(i), scope);
        }
      }
    }
  }

  private Flow run(Stmt.For statement, Object in, Scope scope, int depth) {
    List<Object> items = chosen(statement, Values.items(in, budget), scope);
    Loop loop =
        new Loop(
            items,
            depth,
            statement.recursive()
                ? (arguments, _) -> recurse(statement, arguments, scope, depth)
                : null);
    for (Object item : items) {
      loop.advance();
      budget.charge(1);
      Scope inner = scope.inner();
      inner.set("loop", loop);
      assign(statement.target(), item, inner);
      if (run(statement.body(), inner) == Flow.BREAK) {
        break;
      }
    }
    return items.isEmpty() ? run(statement.otherwise(), scope.inner()) : Flow.ON;
  }

  private List<Object> chosen(Stmt.For statement, List<Object> items, Scope scope) {
    if (statement.test() == null) {
      return items;
    }
    List<Object> chosen = new ArrayList<>();
    for (Object item : items) {
      Scope inner = scope.inner();
      assign(statement.target(), item, inner);
      if (Values.truth(evaluator.evaluate(statement.test(), inner))) {
        chosen.add(item);
      }
    }
    return chosen;
  }

  private Object recurse(Stmt.For statement, Arguments arguments, Scope scope, int depth) {
    Object in = arguments.bind("loop", "iterable").get("iterable");
    TextBuilder outer = out;
    out = new TextBuilder();
    try {
      run(statement, in, scope, depth + 1);
      return out.toText();
    } finally {
      out = outer;
    }
  }
}
