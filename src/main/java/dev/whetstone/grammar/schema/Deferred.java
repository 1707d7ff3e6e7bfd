package dev.whetstone.grammar.schema;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A shape that is computed when it is first needed, so that a schema may refer to itself. */
public final class Deferred implements Shape {
  private final String name;
  private final Supplier<Shape> source;
  private @Nullable Shape target;
  private boolean computing;
  private volatile List<Shape> options = List.of();

  Deferred(String name, Supplier<Shape> source) {
    this.name = name;
    this.source = source;
  }

  Shape target() {
    Shape known = target;
    if (known != null) {
      return known;
    }
    if (computing) {
      throw new SchemaException("", name + " refers to itself without a value between");
    }
    computing = true;
    Shape computed = source.get();
    computing = false;
    target = computed;
    return computed;
  }

  @Override
  public List<Shape> options() {
    return options;
  }

  void setOptions(List<Shape> found) {
    options = List.copyOf(found);
  }
}
