package dev.whetstone.grammar.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Prepares a graph of shapes for the machine: computes what was deferred, and finds the shapes that
 * no finite value has, so that the machine never enters one (a least fixed point).
 */
final class Linker {
  private static final int MAX_SHAPES = 50_000;

  private Linker() {}

  /**
   * Prepares all that can be reached.
   *
   * @throws SchemaException when there is no value, or the graph is too large
   */
  static void link(Shape root) {
    List<Shape> all = reachable(root);
    boolean changed = true;
    while (changed) {
      changed = false;
      // Backwards: most shapes are linked after those that they are made of.
      for (Shape shape : all.reversed()) {
        changed |= link1(shape);
      }
    }
    if (!root.isPossible()) {
      throw new SchemaException("", "the schema allows no value");
    }
  }

  private static List<Shape> reachable(Shape root) {
    Set<Shape> seen = new LinkedHashSet<>(List.of(root));
    List<Shape> pending = new ArrayList<>(seen);
    while (!pending.isEmpty()) {
      for (Shape part : parts(pending.removeLast())) {
        if (seen.add(part)) {
          pending.add(part);
        }
      }
      if (seen.size() > MAX_SHAPES) {
        throw new SchemaException("", "the schema is too large");
      }
    }
    return List.copyOf(seen);
  }

  private static List<Shape> parts(Shape shape) {
    return switch (shape) {
      case Union union -> union.members;
      case Deferred deferred -> List.of(deferred.target());
      case ArrayShape array -> {
        List<Shape> parts = new ArrayList<>(array.prefix);
        parts.add(array.items);
        yield parts;
      }
      case ObjectShape object -> {
        List<Shape> parts = new ArrayList<>();
        object.declared.forEach(property -> parts.add(property.value()));
        object.declaredExtras.forEach(extra -> parts.add(extra.value()));
        yield parts;
      }
      case Literals _, NumberShape _, TextShape _ -> List.of();
    };
  }

  private static boolean link1(Shape shape) {
    return switch (shape) {
      case Union union -> {
        int before = union.options().size();
        union.setOptions(options(union));
        yield union.options().size() != before;
      }
      case Deferred deferred -> {
        int before = deferred.options().size();
        deferred.setOptions(options(deferred));
        yield deferred.options().size() != before;
      }
      case ArrayShape array -> array.link();
      case ObjectShape object -> object.link();
      case Literals _, NumberShape _, TextShape _ -> false;
    };
  }

  private static List<Shape> options(Shape shape) {
    return Union.flatten(shape).stream().flatMap(option -> option.options().stream()).toList();
  }
}
