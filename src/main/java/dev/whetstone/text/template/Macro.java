package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import dev.whetstone.text.template.syntax.Stmt.Function;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A macro, or the body of a call block, with the scope that it was declared in. */
final class Macro implements Callable {
  private final Function function;
  private final Scope scope;
  private final Interpreter interpreter;

  Macro(Function function, Scope scope, Interpreter interpreter) {
    this.function = function;
    this.scope = scope;
    this.interpreter = interpreter;
  }

  String name() {
    return function.name();
  }

  @Override
  public Object call(Arguments arguments, Budget budget) {
    Scope inner = scope.inner();
    List<String> parameters = function.parameters();
    Map<String, Object> named = new HashMap<>(arguments.named());
    int given = Math.min(parameters.size(), arguments.positional().size());
    List<String> missing = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      Object byName = i < given ? null : named.remove(name);
      if (i < given) {
        inner.set(name, arguments.positional().get(i));
      } else if (byName != null) {
        inner.set(name, byName);
      } else {
        missing.add(name);
      }
    }
    special(inner, named, arguments.positional(), given);
    for (String name : missing) {
      int index = parameters.indexOf(name);
      int defaulted = index - (parameters.size() - function.defaults().size());
      inner.set(
          name,
          defaulted < 0
              ? new Undefined("parameter '" + name + "' was not provided")
              : interpreter.evaluator().evaluate(function.defaults().get(defaulted), inner));
    }
    return interpreter.capture(function.body(), inner);
  }

  /** Sets caller, kwargs and varargs where the body reads them; fails where it does not. */
  private void special(Scope inner, Map<String, Object> named, List<Object> positional, int given) {
    if (function.uses().contains("caller") && !function.parameters().contains("caller")) {
      Object caller = named.remove("caller");
      inner.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    if (function.uses().contains("kwargs")) {
      inner.set("kwargs", new Dict(named));
    } else if (!named.isEmpty()) {
      throw new JinjaException(
          "macro '"
              + name()
              + "' takes no keyword argument '"
              + named.keySet().iterator().next()
              + "'");
    }
    if (function.uses().contains("varargs")) {
      inner.set("varargs", new Tuple(positional.subList(given, positional.size())));
    } else if (positional.size() > given) {
      throw new JinjaException(
          "macro '" + name() + "' takes not more than " + given + " argument(s)");
    }
  }
}
