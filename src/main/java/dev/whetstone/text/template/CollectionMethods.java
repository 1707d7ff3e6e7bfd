package dev.whetstone.text.template;

import dev.whetstone.text.template.syntax.JinjaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The methods of lists, tuples and dictionaries that change nothing. */
final class CollectionMethods {
  private CollectionMethods() {}

  static @Nullable Callable ofDict(Map<?, ?> dict, String name) {
    return switch (name) {
      case "items" ->
          (arguments, budget) -> {
            arguments.bind(name);
            return Sequence.view("dict_items", pairs(dict, budget));
          };
      case "keys" ->
          (arguments, budget) -> {
            arguments.bind(name);
            return Sequence.view("dict_keys", Values.items(dict, budget));
          };
      case "values" ->
          (arguments, budget) -> {
            arguments.bind(name);
            budget.charge(dict.size());
            return Sequence.view("dict_values", new ArrayList<>(dict.values()));
          };
      case "get" ->
          (arguments, budget) -> {
            var bound = arguments.bind(name, "key", "default?");
            Object value = dict.get(Values.key(bound.get("key")));
            return value == null ? bound.get("default") : value;
          };
      case "copy" ->
          (arguments, budget) -> {
            arguments.bind(name);
            budget.charge(dict.size());
            return new Dict(dict);
          };
      default -> null;
    };
  }

  /** The entries as Python's items() gives them. */
  static List<Object> pairs(Map<?, ?> dict, Budget budget) {
    budget.charge(8L * dict.size());
    List<Object> pairs = new ArrayList<>(dict.size());
    dict.forEach((key, value) -> pairs.add(Tuple.of(key, value)));
    return pairs;
  }

  static @Nullable Callable ofList(List<?> list, String name) {
    return switch (name) {
      case "index" ->
          (arguments, budget) -> {
            Object value = arguments.bind(name, "value").get("value");
            budget.charge(list.size());
            for (int i = 0; i < list.size(); i++) {
              if (Values.equal(list.get(i), value)) {
                return (long) i;
              }
            }
            throw new JinjaException(PythonText.repr(value, budget) + " is not in list");
          };
      case "count" ->
          (arguments, budget) -> {
            Object value = arguments.bind(name, "value").get("value");
            budget.charge(list.size());
            return list.stream().filter(item -> Values.equal(item, value)).count();
          };
      case "copy" ->
          (arguments, budget) -> {
            arguments.bind(name);
            return Values.items(list, budget);
          };
      default -> null;
    };
  }
}
