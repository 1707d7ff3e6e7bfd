package dev.whetstone.grammar.schema;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether no value has both of two shapes, as {@code oneOf} needs it; a no may mean "unknown". */
final class Disjoint {
  private static final int MAX_DEPTH = 4;

  private Disjoint() {}

  static boolean areDisjoint(Shape a, Shape b) {
    return areDisjoint(a, b, 0);
  }

  private static boolean areDisjoint(Shape a, Shape b, int depth) {
    if (depth == MAX_DEPTH) {
      return false;
    }
    List<Shape> right = Union.flatten(b);
    return Union.flatten(a).stream()
        .allMatch(x -> right.stream().allMatch(y -> simple(x, y, depth)));
  }

  private static boolean simple(Shape a, Shape b, int depth) {
    if (a instanceof Literals literals) {
      return literals.values.stream().noneMatch(value -> Constants.allows(b, value));
    }
    if (b instanceof Literals) {
      return simple(b, a, depth);
    }
    if (a instanceof NumberShape x && b instanceof NumberShape y) {
      return !x.overlaps(y);
    }
    if (a instanceof TextShape x && b instanceof TextShape y) {
      return x.intersect(y).isEmpty();
    }
    if (a instanceof ArrayShape x && b instanceof ArrayShape y) {
      return arrays(x, y, depth);
    }
    if (a instanceof ObjectShape x && b instanceof ObjectShape y) {
      return objects(x, y, depth) || objects(y, x, depth);
    }
    return true;
  }

  private static boolean arrays(ArrayShape a, ArrayShape b, int depth) {
    int fewest = Math.max(a.min(), b.min());
    int most = Intersections.lower(a.declaredMax(), b.declaredMax());
    if (most >= 0 && most < fewest) {
      return true;
    }
    for (int i = 0; i < fewest; i++) {
      if (areDisjoint(a.item(i), b.item(i), depth + 1)) {
        return true;
      }
    }
    return false;
  }

  /** A property that one requires and whose value the other does not allow, or not at all. */
  private static boolean objects(ObjectShape a, ObjectShape b, int depth) {
    for (ObjectShape.Property property : a.declared) {
      if (property.required()) {
        @Nullable Shape other = b.valueOf(property.name());
        if (other == null || areDisjoint(property.value(), other, depth + 1)) {
          return true;
        }
      }
    }
    return false;
  }
}
