package dev.whetstone.text.template;

import java.util.List;

/**
 * Python's tuple.
 *
 * @param names the names of its items, where it has them
 */
record Tuple(List<Object> items, List<String> names) {
  Tuple(List<Object> items) {
    this(items, List.of());
  }

  static Tuple of(Object... items) {
    return new Tuple(List.of(items));
  }
}
