package dev.whetstone.grammar.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Shapes that a value has if it has both of two others, as {@code allOf} needs them. */
final class Intersections {
  private final Shape any;
  private final Map<Pair, Deferred> deferred = new HashMap<>();

  /** Two shapes; equal if they are the same two. */
  private record Pair(Shape a, Shape b) {}

  /**
   * @param any the shape of every value
   */
  Intersections(Shape any) {
    this.any = any;
  }

  Shape of(Shape a, Shape b) {
    if (a == b || b == any) {
      return a;
    }
    if (a == any) {
      return b;
    }
    if (a instanceof Deferred || b instanceof Deferred) {
      return deferred.computeIfAbsent(
          new Pair(a, b), _ -> new Deferred("allOf", () -> of(resolved(a), resolved(b))));
    }
    List<Shape> found = new ArrayList<>();
    for (Shape left : members(a)) {
      for (Shape right : members(b)) {
        Shape both = isComposed(left) || isComposed(right) ? of(left, right) : simple(left, right);
        if (both != Union.NOTHING) {
          found.add(both);
        }
      }
    }
    return found.isEmpty() ? Union.NOTHING : Union.of(found);
  }

  private static boolean isComposed(Shape shape) {
    return shape instanceof Deferred || shape instanceof Union;
  }

  private static Shape resolved(Shape shape) {
    Shape at = shape;
    Set<Shape> seen = new HashSet<>();
    while (at instanceof Deferred later) {
      at = seen.add(later) ? later.target() : Union.NOTHING;
    }
    return at;
  }

  private static List<Shape> members(Shape shape) {
    return shape instanceof Union union ? union.members : List.of(shape);
  }

  private Shape simple(Shape a, Shape b) {
    if (a instanceof Literals literals) {
      return literals(literals, b);
    }
    if (b instanceof Literals literals) {
      return literals(literals, a);
    }
    if (a instanceof NumberShape x && b instanceof NumberShape y) {
      return x.intersect(y);
    }
    if (a instanceof TextShape x && b instanceof TextShape y) {
      return x.intersect(y);
    }
    if (a instanceof ArrayShape x && b instanceof ArrayShape y) {
      return arrays(x, y);
    }
    if (a instanceof ObjectShape x && b instanceof ObjectShape y) {
      return objects(x, y);
    }
    return Union.NOTHING;
  }

  private static Shape literals(Literals literals, Shape other) {
    return Literals.ofValues(
        literals.values.stream().filter(value -> Constants.allows(other, value)).toList());
  }

  static int lower(int a, int b) {
    return a < 0 ? b : b < 0 ? a : Math.min(a, b);
  }

  private Shape arrays(ArrayShape a, ArrayShape b) {
    List<Shape> prefix = new ArrayList<>();
    for (int i = 0; i < Math.max(a.prefix.size(), b.prefix.size()); i++) {
      prefix.add(of(a.item(i), b.item(i)));
    }
    return new ArrayShape(
        prefix,
        of(a.items, b.items),
        Math.max(a.min(), b.min()),
        lower(a.declaredMax(), b.declaredMax()));
  }

  private Shape objects(ObjectShape a, ObjectShape b) {
    Map<String, ObjectShape.Property> declared = new LinkedHashMap<>();
    for (ObjectShape source : List.of(a, b)) {
      ObjectShape other = source == a ? b : a;
      for (ObjectShape.Property property : source.declared) {
        declared.computeIfAbsent(property.name(), _ -> both(property, other));
      }
    }
    List<ObjectShape.Extra> extras = new ArrayList<>();
    for (ObjectShape.Extra x : a.declaredExtras) {
      for (ObjectShape.Extra y : b.declaredExtras) {
        TextShape names = x.names().intersect(y.names());
        if (!names.isEmpty()) {
          extras.add(new ObjectShape.Extra(names, of(x.value(), y.value())));
        }
      }
    }
    return new ObjectShape(
        List.copyOf(declared.values()),
        extras,
        Math.max(a.min, b.min),
        lower(a.max, b.max),
        a.openByDefault && b.openByDefault,
        a.isOrdered() || b.isOrdered());
  }

  private ObjectShape.Property both(ObjectShape.Property property, ObjectShape other) {
    @Nullable Shape value = other.valueOf(property.name());
    ObjectShape.Property twin = other.property(property.name());
    return new ObjectShape.Property(
        property.name(),
        value == null ? Union.NOTHING : of(property.value(), value),
        property.required() || (twin != null && twin.required()));
  }
}
