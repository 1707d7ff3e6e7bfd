package dev.whetstone.text.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables of a block; what is not set here is looked up around it. */
final class Scope {
  private final @Nullable Scope parent;
  private final Map<String, Object> values;

  private Scope(@Nullable Scope parent, Map<String, Object> values) {
    this.parent = parent;
    this.values = values;
  }

  static Scope root(Map<String, Object> values) {
    return new Scope(null, new HashMap<>(values));
  }

  Scope inner() {
    return new Scope(this, new HashMap<>());
  }

  void set(String name, Object value) {
    values.put(name, value);
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.parent) {
      Object value = scope.values.get(name);
      if (value != null) {
        return value;
      }
    }
    return new Undefined("'" + name + "' is undefined");
  }
}
