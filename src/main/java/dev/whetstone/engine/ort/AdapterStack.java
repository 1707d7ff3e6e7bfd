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
import org.jspecify.annotations.Nullable;

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
    int out = 0;
    for (int size : outputs) {
      out += size;
    }
    int width = outputs.length * rank;
    FloatBuffer a = allocate(in * width);
    FloatBuffer b = allocate(width * out);
    int outputOffset = 0;
    for (int m = 0; m < outputs.length; m++) {
      String name = LoraSite.module(layer, site.modules().get(m));
      int rankOffset = m * rank;
      for (Policy policy : policies) {
        Adapter adapter = policy.adapter();
        if (adapter != null) {
          fill(adapter, adapter.modules().get(name), a, b, width, out, rankOffset, outputOffset);
        }
        rankOffset += rankOf(policy);
      }
      outputOffset += outputs[m];
    }
    tensors.put(
        site.inputA(layer), OnnxTensor.createTensor(environment, a, new long[] {in, width}));
    tensors.put(
        site.inputB(layer), OnnxTensor.createTensor(environment, b, new long[] {width, out}));
  }

  private FloatBuffer allocate(int floats) {
    return arena
        .allocate(Math.max(1, floats) * (long) Float.BYTES, 64)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .limit(floats);
  }

  private static void fill(
      Adapter adapter,
      Adapter.@Nullable Module module,
      FloatBuffer a,
      FloatBuffer b,
      int width,
      int out,
      int rankOffset,
      int outputOffset) {
    if (module == null) {
      return;
    }
    float scale = (float) adapter.scale();
    int rank = adapter.rank();
    for (int r = 0; r < rank; r++) {
      for (int i = 0; i < module.in(); i++) {
        a.put(i * width + rankOffset + r, module.a()[r * module.in() + i]);
      }
      int row = (rankOffset + r) * out + outputOffset;
      for (int j = 0; j < module.out(); j++) {
        b.put(row + j, scale * module.b()[j * rank + r]);
      }
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
