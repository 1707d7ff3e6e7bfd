package dev.whetstone.weights;

import java.util.Set;

/** Named tensors of a model, read as float32 whatever type they are stored in. */
public interface Tensors extends AutoCloseable {
  Set<String> names();

  /**
   * Dimensions, outermost first.
   *
   * @throws IllegalArgumentException when there is no such tensor
   */
  long[] shape(String name);

  /**
   * All values, row-major.
   *
   * @throws IllegalArgumentException when there is no such tensor
   */
  float[] read(String name);

  @Override
  void close();
}
