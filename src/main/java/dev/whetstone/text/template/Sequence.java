package dev.whetstone.text.template;

import java.util.Iterator;
import java.util.List;

/**
 * Values to walk over that are no list: a filter's generator, which ends after one walk, a
 * dictionary's view, or a range.
 */
final class Sequence {
  enum Kind {
    GENERATOR,
    VIEW,
    RANGE
  }

  final Kind kind;
  private final String label;
  private final List<Object> items;
  private int next;

  private Sequence(Kind kind, String label, List<Object> items) {
    this.kind = kind;
    this.label = label;
    this.items = items;
  }

  static Sequence generator(List<Object> items) {
    return new Sequence(Kind.GENERATOR, "generator", items);
  }

  static Sequence view(String label, List<Object> items) {
    return new Sequence(Kind.VIEW, label, items);
  }

  static Sequence range(String label, List<Object> items) {
    return new Sequence(Kind.RANGE, label, items);
  }

  List<Object> items() {
    return items;
  }

  String label() {
    return label;
  }

  /** The items that are left; a generator has none afterwards. */
  List<Object> take() {
    if (kind != Kind.GENERATOR) {
      return items;
    }
    List<Object> rest = items.subList(next, items.size());
    next = items.size();
    return rest;
  }

  /** One step on a generator; one that is at its end gives nothing. */
  Iterator<Object> walk() {
    if (kind != Kind.GENERATOR) {
      return items.iterator();
    }
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return next < items.size();
      }

      @Override
      public Object next() {
        return items.get(next++);
      }
    };
  }
}
