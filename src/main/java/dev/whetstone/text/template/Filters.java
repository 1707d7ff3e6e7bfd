package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.util.HashMap;
import java.util.Map;

/** Jinja's filters, and Transformers' tojson, by name. */
final class Filters {
  /** A filter: what it makes of a value. */
  @FunctionalInterface
  interface Filter {
    Object apply(Object value, Arguments arguments, Budget budget);
  }

  private static final Map<String, Filter> FILTERS = filters();

  private Filters() {}

  static boolean has(String name) {
    return FILTERS.containsKey(name);
  }

  static Object apply(String name, Object value, Arguments arguments, Budget budget) {
    Filter filter = FILTERS.get(name);
    if (filter == null) {
      throw new JinjaException("no filter named '" + name + "'");
    }
    return filter.apply(value, arguments, budget);
  }

  private static Map<String, Filter> filters() {
    Map<String, Filter> filters = new HashMap<>();
    TextFilters.register(filters);
    ListFilters.register(filters);
    SelectFilters.register(filters);
    ValueFilters.register(filters);
    return Map.copyOf(filters);
  }
}
