package dev.whetstone.grammar.schema;

import java.util.List;

/**
 * What a value may be. Shapes are compared by identity; a graph of them may have cycles, each
 * through a {@link Deferred}.
 */
public sealed interface Shape
    permits ArrayShape, Deferred, Literals, NumberShape, ObjectShape, TextShape, Union {

  /**
   * The shapes, neither unions nor deferred, of which a value must have one. Only those of which a
   * finite value exists; empty if there is none.
   */
  List<Shape> options();

  /** Whether a finite value exists; known once the graph is linked. */
  default boolean isPossible() {
    return !options().isEmpty();
  }
}
