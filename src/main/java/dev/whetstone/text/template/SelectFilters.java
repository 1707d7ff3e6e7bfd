package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Filters that choose items by a test, and map, which puts each through a filter. */
final class SelectFilters {
  private SelectFilters() {}

  static void register(Map<String, Filters.Filter> filters) {
    filters.put("select", (value, a, budget) -> choose(value, a, false, true, budget));
    filters.put("reject", (value, a, budget) -> choose(value, a, false, false, budget));
    filters.put("selectattr", (value, a, budget) -> choose(value, a, true, true, budget));
    filters.put("rejectattr", (value, a, budget) -> choose(value, a, true, false, budget));
    filters.put("map", SelectFilters::map);
  }

  private static Object choose(
      Object value, Arguments arguments, boolean byAttribute, boolean wanted, Budget budget) {
    if (byAttribute && arguments.positional().isEmpty()) {
      throw new JinjaException("Missing parameter for attribute name");
    }
    Arguments test = arguments.after(byAttribute ? 1 : 0);
    List<Object> chosen = new ArrayList<>();
    for (Object item : items(value, budget)) {
      Object looked =
          byAttribute ? Paths.get(item, arguments.positional().getFirst(), budget) : item;
      boolean holds =
          test.positional().isEmpty()
              ? Values.truth(looked)
              : Tests.apply(name(test, budget), looked, test.after(1), budget);
      if (holds == wanted) {
        chosen.add(item);
      }
    }
    return Sequence.generator(chosen);
  }

  /** These filters take whatever counts as false, such as none, for an empty list. */
  private static List<Object> items(Object value, Budget budget) {
    return Values.truth(value) ? Values.items(value, budget) : List.of();
  }

  private static String name(Arguments arguments, Budget budget) {
    return PythonText.str(arguments.positional().getFirst(), budget);
  }

  private static Object map(Object value, Arguments arguments, Budget budget) {
    List<Object> mapped = new ArrayList<>();
    boolean byAttribute = arguments.positional().isEmpty();
    if (byAttribute && !arguments.named().containsKey("attribute")) {
      throw new JinjaException("map requires a filter argument");
    }
    for (Object item : items(value, budget)) {
      if (byAttribute) {
        Arguments.Bound bound = arguments.bind("map", "attribute", "default?");
        Object found = Paths.get(item, bound.get("attribute"), budget);
        mapped.add(
            found instanceof Undefined && bound.has("default") ? bound.get("default") : found);
      } else {
        mapped.add(Filters.apply(name(arguments, budget), item, arguments.after(1), budget));
      }
    }
    return Sequence.generator(mapped);
  }
}
