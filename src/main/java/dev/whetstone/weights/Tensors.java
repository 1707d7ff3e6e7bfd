package dev.whetstone.weights;

import java.util.Arrays;
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

  /**
   * Some rows, so that a large matrix need not be held whole; a row is everything but the first
   * dimension.
   *
   * @param first the first row's number
   * @throws IllegalArgumentException when there is no such tensor or it has no such rows
   */
  float[] readRows(String name, int first, int rows);

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

  /** The number of elements of a shape. */
  static long size(long... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /**
   * The elements in a row.
   *
   * @throws IllegalArgumentException when the shape has no such rows
   */
  static int requireRows(long[] shape, int first, int rows) {
    if (shape.length == 0 || first < 0 || rows < 0 || rows > shape[0] - first) {
      throw new IllegalArgumentException(
          "%s has no rows %d to %d".formatted(Arrays.toString(shape), first, first + rows));
    }
    return Math.toIntExact(shape[0] == 0 ? 0 : size(shape) / shape[0]);
  }
}
