package dev.whetstone.engine.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.whetstone.policy.Adapter;
import dev.whetstone.policy.LoraSite;
import dev.whetstone.policy.Policy;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The LoRA inputs of a run for a list of versions: their ranks stand side by side, {@code A [in,
 * modules * R]} and {@code B [modules * R, out]} with R the sum of the ranks, the scale folded into
 * B. B holds zeroes where a rank belongs to another module.
 */
final class AdapterStack implements AutoCloseable {
  private final GraphShape shape;
  private final List<Policy> policies;
  private final int rank;
  private final Arena arena = Arena.ofShared();
  private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

  AdapterStack(OrtEnvironment environment, GraphShape shape, List<Policy> policies)
      throws OrtException {
    this.shape = shape;
    this.policies = List.copyOf(policies);
    this.rank = policies.stream().mapToInt(AdapterStack::rankOf).sum();
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (LoraSite site : LoraSite.values()) {
        add(environment, layer, site);
      }
    }
  }

  private static int rankOf(Policy policy) {
    Adapter adapter = policy.adapter();
    return adapter == null ? 0 : adapter.rank();
  }

  private void add(OrtEnvironment environment, int layer, LoraSite site) throws OrtException {
    int in = shape.inputSize(site);
    int[] outputs = shape.outputSizes(site);
    int width = outputs.length * rank;
    int perInput = outputs.length / site.inputsB();
    FloatBuffer a = allocate(in * width);
    for (int part = 0; part < site.inputsB(); part++) {
      int first = part * perInput;
      int out = IntStream.range(first, first + perInput).map(m -> outputs[m]).sum();
      FloatBuffer b = allocate(perInput * rank * out);
      int column = 0;
      for (int m = 0; m < perInput; m++) {
        String module = LoraSite.module(layer, site.modules().get(first + m));
        fillA(module, a, width, (first + m) * rank);
        fillB(module, b, out, m * rank, column);
        column += outputs[first + m];
      }
      tensors.put(
          site.inputB(layer, part),
          OnnxTensor.createTensor(environment, b, new long[] {(long) perInput * rank, out}));
    }
    tensors.put(
        site.inputA(layer), OnnxTensor.createTensor(environment, a, new long[] {in, width}));
  }

  private FloatBuffer allocate(int floats) {
    return arena
        .allocate(Math.max(1, floats) * (long) Float.BYTES, 64)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .limit(floats);
  }

  /**
   * Puts the versions' A, transposed, side by side into the columns that start at {@code first}.
   */
  private void fillA(String name, FloatBuffer target, int width, int first) {
    int column = first;
    for (Policy policy : policies) {
      Adapter adapter = policy.adapter();
      Adapter.Module module = adapter == null ? null : adapter.modules().get(name);
      int ranks = rankOf(policy);
      if (module != null) {
        float[] a = module.a();
        float[] line = new float[ranks];
        for (int i = 0; i < module.in(); i++) {
          for (int r = 0; r < ranks; r++) {
            line[r] = a[r * module.in() + i];
          }
          target.put(i * width + column, line);
        }
      }
      column += ranks;
    }
  }

  /**
   * Puts the versions' scaled B, transposed, below each other from row {@code first} and column
   * {@code column}.
   */
  private void fillB(String name, FloatBuffer target, int out, int first, int column) {
    int row = first;
    for (Policy policy : policies) {
      Adapter adapter = policy.adapter();
      Adapter.Module module = adapter == null ? null : adapter.modules().get(name);
      int ranks = rankOf(policy);
      if (adapter != null && module != null) {
        float scale = (float) adapter.scale();
        float[] line = new float[module.out()];
        for (int r = 0; r < ranks; r++) {
          for (int j = 0; j < line.length; j++) {
            line[j] = scale * module.b()[j * ranks + r];
          }
          target.put((row + r) * out + column, line);
        }
      }
      row += ranks;
    }
  }

  /** Sum of the ranks. */
  int rank() {
    return rank;
  }

  boolean holds(String hash) {
    return policies.stream().anyMatch(policy -> policy.hash().equals(hash));
  }

  Map<String, OnnxTensor> tensors() {
    return tensors;
  }

  /** Writes the row of the rank mask that belongs to a version: ones at its ranks. */
  void mask(Policy policy, FloatBuffer target, int row) {
    int at = row * rank;
    for (Policy member : policies) {
      float value = member.hash().equals(policy.hash()) ? 1 : 0;
      for (int r = 0; r < rankOf(member); r++) {
        target.put(at++, value);
      }
    }
  }

  @Override
  public void close() {
    tensors.values().forEach(OnnxTensor::close);
    tensors.clear();
    arena.close();
  }
}
