package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.Bfloat16Gemm;
import dev.whetstone.dpo.torch.Bfloat16Matrix;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.Tensors;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A weight of the base: one tensor of the model, or several stacked along their rows. It is a
 * float32 tensor, or a frozen matrix in bfloat16.
 */
final class Weight {
  private record Part(String name, int elements, long[] shape) {}

  private final List<Part> parts;
  private final List<Parameter> parameters = new ArrayList<>();
  private final @Nullable Bfloat16Matrix bfloat16;
  private @Nullable NDArray array;

  private Weight(List<Part> parts, @Nullable NDArray array, @Nullable Bfloat16Matrix bfloat16) {
    this.parts = parts;
    this.array = array;
    this.bfloat16 = bfloat16;
  }

  /**
   * Loads a weight.
   *
   * @param gemm multiplies bfloat16 matrices; null loads all weights as float32
   */
  static Weight load(
      NDManager manager, @Nullable Bfloat16Gemm gemm, Tensors tensors, String... names) {
    List<Part> parts = new ArrayList<>();
    long[] shape = tensors.shape(names[0]);
    shape[0] = 0;
    for (String name : names) {
      long[] part = tensors.shape(name);
      shape[0] += part[0];
      parts.add(new Part(name, (int) Arrays.stream(part).reduce(1, Math::multiplyExact), part));
    }
    if (gemm != null && Bfloat16Matrix.fits(shape)) {
      return new Weight(parts, null, bfloat16(gemm, shape, tensors, names));
    }
    NDArray array =
        TorchOps.create(
            manager,
            shape,
            buffer -> {
              for (String name : names) {
                buffer.put(tensors.read(name));
              }
            });
    return new Weight(parts, array, null);
  }

  private static Bfloat16Matrix bfloat16(
      Bfloat16Gemm gemm, long[] shape, Tensors tensors, String... names) {
    Bfloat16Matrix matrix =
        new Bfloat16Matrix(gemm, Math.toIntExact(shape[0]), Math.toIntExact(shape[1]));
    int row = 0;
    for (String name : names) {
      matrix.put(row, tensors.read(name));
      row += Math.toIntExact(tensors.shape(name)[0]);
    }
    return matrix;
  }

  /** The float32 tensor. */
  NDArray array() {
    if (array == null) {
      throw new IllegalStateException(parts.getFirst().name + " is in bfloat16");
    }
    return array;
  }

  /** Number of rows of a matrix. */
  int rows() {
    return bfloat16 == null ? Math.toIntExact(array().getShape().get(0)) : bfloat16.rows();
  }

  /** {@code x wᵀ}, x {@code [n, columns]}. */
  NDArray timesTransposed(NDArray x) {
    return bfloat16 == null ? TorchOps.linear(x, array()) : bfloat16.timesTransposed(x);
  }

  /** {@code x wᵀ + added}, added {@code [rows]} or {@code [n, rows]}. */
  NDArray timesTransposed(NDArray x, NDArray added) {
    return bfloat16 == null
        ? TorchOps.linear(x, array(), added)
        : bfloat16.timesTransposed(x).addi(added);
  }

  /** {@code y w}, y {@code [n, rows]}. */
  NDArray times(NDArray y) {
    return bfloat16 == null ? TorchOps.matmul(y, array()) : bfloat16.times(y);
  }

  /** The least number of rows, at least the given one, in whose multiples slices may begin. */
  int sliceWidth(int wanted) {
    return bfloat16 == null ? wanted : Bfloat16Matrix.wholePanels(wanted);
  }

  /** Rows {@code [from, to)} of a matrix, as operand of products; the caller closes it. */
  Rows rows(int from, int to) {
    return new Rows(from, to, bfloat16, array == null ? null : TorchOps.slice(array, 0, from, to));
  }

  /** Some consecutive rows of a matrix. */
  record Rows(int from, int to, @Nullable Bfloat16Matrix bfloat16, @Nullable NDArray view)
      implements AutoCloseable {
    NDArray timesTransposed(NDArray x) {
      return bfloat16 == null
          ? TorchOps.linear(x, Objects.requireNonNull(view))
          : bfloat16.timesTransposed(x, from, to);
    }

    NDArray times(NDArray y) {
      return bfloat16 == null
          ? TorchOps.matmul(y, Objects.requireNonNull(view))
          : bfloat16.times(y, from, to);
    }

    @Override
    public void close() {
      if (view != null) {
        view.close();
      }
    }
  }

  /** The given rows of a matrix as float32, {@code [n, columns]}. */
  NDArray select(NDManager manager, int[] ids) {
    return bfloat16 == null
        ? TorchOps.embedding(TorchOps.ids(manager, ids), array())
        : bfloat16.select(manager, ids);
  }

  /** Frees a bfloat16 matrix; tensors belong to their manager. */
  void close() {
    if (bfloat16 != null) {
      bfloat16.close();
    }
  }

  /** Makes the tensor trainable, starting from its present values; one parameter for each part. */
  List<Parameter> unfreeze() {
    FloatBuffer values = TorchOps.read(array());
    for (Part part : parts) {
      float[] copy = new float[part.elements];
      values.get(copy);
      parameters.add(new Parameter(part.name, copy, part.shape));
    }
    return parameters;
  }

  boolean isTrained() {
    return !parameters.isEmpty();
  }

  /** Copies the parameters' values into a new tensor, if they are trained. */
  void upload() {
    if (isTrained()) {
      NDArray old = array();
      array =
          TorchOps.create(
              old.getManager(),
              old.getShape().getShape(),
              buffer -> parameters.forEach(parameter -> buffer.put(parameter.values())));
      old.close();
    }
  }

  /** Adds a gradient in the shape of the whole tensor to those of its parameters. */
  void accumulate(NDArray gradient) {
    FloatBuffer from = TorchOps.read(gradient);
    for (Parameter parameter : parameters) {
      float[] to = parameter.gradient();
      for (int i = 0; i < to.length; i++) {
        to[i] += from.get();
      }
    }
  }

  /** Adds a gradient of consecutive rows; only for a tensor that is not stacked. */
  void accumulateRows(int first, NDArray rows) {
    float[] to = parameters.getFirst().gradient();
    FloatBuffer from = TorchOps.read(rows);
    int at = first * Math.toIntExact(rows.getShape().get(1));
    while (from.hasRemaining()) {
      to[at++] += from.get();
    }
  }

  /** Adds {@code scale * values} to the gradient of one row. */
  void accumulateRow(int row, float[] values, int from, int width, float scale) {
    float[] to = parameters.getFirst().gradient();
    for (int i = 0; i < width; i++) {
      to[row * width + i] += scale * values[from + i];
    }
  }
}
