package dev.whetstone.weights;

import java.util.Map;
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

  /** What a map has under a tensor's name; throws IllegalArgumentException when it has nothing. */
  static <T> T require(Map<String, T> tensors, String name) {
    T tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("there is no tensor " + name);
    }
    return tensor;
  }
}
