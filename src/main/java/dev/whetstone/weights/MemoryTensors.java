package dev.whetstone.weights;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Tensors held in Java arrays. */
public final class MemoryTensors implements Tensors {
  /** Row-major values and their dimensions, outermost first. */
  public record Values(float[] values, long... shape) {
    public Values {
      if (StoredTensor.elements("of " + values.length + " values", shape) != values.length) {
        throw new IllegalArgumentException("shape and number of values differ");
      }
    }
  }

  private final Map<String, Values> tensors;

  public MemoryTensors(Map<String, Values> tensors) {
    this.tensors = new TreeMap<>(tensors);
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public long[] shape(String name) {
    return Tensors.require(tensors, name).shape().clone();
  }

  @Override
  public float[] read(String name) {
    return Tensors.require(tensors, name).values().clone();
  }

  @Override
  public float[] readRows(String name, int first, int rows) {
    Values tensor = Tensors.require(tensors, name);
    int width = Tensors.requireRows(tensor.shape(), first, rows);
    return Arrays.copyOfRange(tensor.values(), first * width, (first + rows) * width);
  }

  @Override
  public void close() {
    // nothing outside the heap
  }
}
