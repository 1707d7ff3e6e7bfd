package dev.whetstone.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Any of several shapes; a value may have more than one of them. */
public final class Union implements Shape {
  /** What no value has. */
  static final Union NOTHING = new Union(List.of());

  final List<Shape> members;
  private volatile List<Shape> options = List.of();

  Union(List<Shape> members) {
    this.members = List.copyOf(members);
  }

  static Shape of(List<Shape> members) {
    return members.size() == 1 ? members.getFirst() : new Union(members);
  }

  @Override
  public List<Shape> options() {
    return options;
  }

  void setOptions(List<Shape> found) {
    options = List.copyOf(found);
  }

  /** The members that are neither unions nor deferred; a union within itself adds nothing. */
  static List<Shape> flatten(Shape shape) {
    Set<Shape> seen = new LinkedHashSet<>();
    List<Shape> pending = new ArrayList<>(List.of(shape));
    List<Shape> found = new ArrayList<>();
    while (!pending.isEmpty()) {
      Shape next = pending.removeFirst();
      if (!seen.add(next)) {
        continue;
      }
      switch (next) {
        case Union union -> pending.addAll(0, union.members);
        case Deferred deferred -> pending.addFirst(deferred.target());
        default -> found.add(next);
      }
    }
    return found;
  }
}
