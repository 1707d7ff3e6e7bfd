package dev.whetstone.weights;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** One tensor inside a mapped file: its type, dimensions (outermost first) and bytes. */
record StoredTensor(ElementType type, long[] shape, MemorySegment data) {
  /** Checks that the elements fit a Java array and the bytes lie inside the file. */
  static StoredTensor of(
      String name, ElementType type, long[] shape, MemorySegment file, long offset) {
    long elements = elements(name, shape);
    long width = shape.length == 0 ? 1 : shape[shape.length - 1];
    if (width % type.blockElements() != 0) {
      throw new ModelFormatException(
          "tensor %s %s: a row is not a whole number of %s blocks"
              .formatted(name, Arrays.toString(shape), type));
    }
    long bytes = type.bytes(elements);
    if (offset < 0 || bytes > file.byteSize() || offset > file.byteSize() - bytes) {
      throw new ModelFormatException(
          "tensor " + name + " lies outside the file, which is truncated");
    }
    return new StoredTensor(type, shape, file.asSlice(offset, bytes));
  }

  static long elements(String name, long[] shape) {
    long elements = 1;
    for (long size : shape) {
      if (size < 0 || size > Integer.MAX_VALUE) {
        throw new ModelFormatException("tensor " + name + " has a dimension of " + size);
      }
      elements = Math.multiplyExact(elements, size);
      if (elements > Integer.MAX_VALUE - 8) {
        throw new ModelFormatException(
            "tensor " + name + " " + Arrays.toString(shape) + " has too many elements");
      }
    }
    return elements;
  }

  /** Refuses a file in which two tensors share bytes. */
  static void requireNoOverlap(Map<String, StoredTensor> tensors, MemorySegment data) {
    TreeMap<Long, String> starts = new TreeMap<>();
    tensors.forEach(
        (name, tensor) -> {
          long start = tensor.data().address() - data.address();
          if (tensor.data().byteSize() > 0 && starts.put(start, name) != null) {
            throw new ModelFormatException("tensor " + name + " overlaps another one");
          }
        });
    long end = 0;
    for (Map.Entry<Long, String> entry : starts.entrySet()) {
      StoredTensor tensor = tensors.get(entry.getValue());
      if (tensor == null || entry.getKey() < end) {
        throw new ModelFormatException("tensor " + entry.getValue() + " overlaps another one");
      }
      end = entry.getKey() + tensor.data().byteSize();
    }
  }

  /** One of the tensors that this one stacks along its first dimension. */
  StoredTensor at(int index) {
    long bytes = data.byteSize() / shape[0];
    return new StoredTensor(
        type, Arrays.copyOfRange(shape, 1, shape.length), data.asSlice(index * bytes, bytes));
  }

  /** Some rows as a tensor of their own. */
  StoredTensor rows(long first, long count) {
    long[] part = shape.clone();
    part[0] = count;
    long bytes = shape[0] == 0 ? 0 : data.byteSize() / shape[0];
    return new StoredTensor(type, part, data.asSlice(first * bytes, count * bytes));
  }

  float[] read() {
    return read(0, Math.toIntExact(Tensors.size(shape)));
  }

  float[] readRows(int first, int rows) {
    int width = Tensors.requireRows(shape, first, rows);
    return read((long) first * width, rows * width);
  }

  private float[] read(long first, int count) {
    float[] values = new float[count];
    type.read(data, first, values);
    return values;
  }
}
