package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.Tensors;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A weight of the base: one tensor of the model, or several stacked along their rows. */
final class Weight {
  private record Part(String name, int elements, long[] shape) {}

  private final List<Part> parts;
  private final List<Parameter> parameters = new ArrayList<>();
  private NDArray array;

  private Weight(List<Part> parts, NDArray array) {
    this.parts = parts;
    this.array = array;
  }

  static Weight load(NDManager manager, Tensors tensors, String... names) {
    List<Part> parts = new ArrayList<>();
    long[] shape = tensors.shape(names[0]);
    shape[0] = 0;
    for (String name : names) {
      long[] part = tensors.shape(name);
      shape[0] += part[0];
      parts.add(new Part(name, (int) Arrays.stream(part).reduce(1, Math::multiplyExact), part));
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
    return new Weight(parts, array);
  }

  NDArray array() {
    return array;
  }

  /** Makes the tensor trainable, starting from its present values; one parameter for each part. */
  List<Parameter> unfreeze() {
    FloatBuffer values = TorchOps.read(array);
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
      NDArray old = array;
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
