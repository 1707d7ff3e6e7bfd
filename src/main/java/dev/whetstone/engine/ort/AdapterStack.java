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
 * The LoRA inputs of a run for a list of versions: their ranks stand below each other, {@code A
 * [modules * R, in]} and {@code B [modules * R, out]} with R the sum of the padded ranks, the scale
 * folded into B, which the graph halves. B holds zeroes where a rank belongs to another module.
 */
final class AdapterStack implements AutoCloseable {
  private final GraphShape shape;
  private final RankLayout layout;
  private final Arena arena = Arena.ofShared();
  private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

  AdapterStack(OrtEnvironment environment, GraphShape shape, List<Policy> policies)
      throws OrtException {
    this.shape = shape;
    this.layout = RankLayout.of(policies);
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (LoraSite site : LoraSite.values()) {
        add(environment, layer, site);
      }
    }
  }

  private void add(OrtEnvironment environment, int layer, LoraSite site) throws OrtException {
    int in = shape.inputSize(site);
    int[] outputs = shape.outputSizes(site);
    int height = outputs.length * rank();
    int perInput = outputs.length / site.inputsB();
    FloatBuffer a = allocate(height * in);
    for (int part = 0; part < site.inputsB(); part++) {
      int first = part * perInput;
      int out = IntStream.range(first, first + perInput).map(m -> outputs[m]).sum();
      FloatBuffer b = allocate(perInput * rank() * out);
      int column = 0;
      for (int m = 0; m < perInput; m++) {
        String module = LoraSite.module(layer, site.modules().get(first + m));
        fill(module, a, in, (first + m) * rank(), b, out, m * rank(), column);
        column += outputs[first + m];
      }
      tensors.put(
          site.inputB(layer, part),
          OnnxTensor.createTensor(environment, b, new long[] {(long) perInput * rank(), out}));
    }
    tensors.put(
        site.inputA(layer), OnnxTensor.createTensor(environment, a, new long[] {height, in}));
  }

  private FloatBuffer allocate(int floats) {
    return arena
        .allocate(Math.max(1, floats) * (long) Float.BYTES, 64)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .limit(floats);
  }

  /** Puts the versions' factors of a module into their rows of both inputs. */
  private void fill(
      String name, FloatBuffer a, int in, int rowA, FloatBuffer b, int out, int rowB, int column) {
    for (RankLayout.Member member : layout.members()) {
      Adapter.Module module = member.adapter().modules().get(name);
      if (module != null) {
        a.put((rowA + member.first()) * in, module.a());
        fillB(member.adapter(), module, b, out, rowB + member.first(), column);
      }
    }
  }

  private static void fillB(
      Adapter adapter, Adapter.Module module, FloatBuffer target, int out, int row, int column) {
    float scale = (float) (2 * adapter.scale());
    float[] line = new float[module.out()];
    for (int r = 0; r < adapter.rank(); r++) {
      for (int j = 0; j < line.length; j++) {
        line[j] = scale * module.b()[j * adapter.rank() + r];
      }
      target.put((row + r) * out + column, line);
    }
  }

  /** Sum of the padded ranks. */
  int rank() {
    return layout.total();
  }

  boolean holds(String hash) {
    return layout.members().stream().anyMatch(member -> member.policy().hash().equals(hash));
  }

  Map<String, OnnxTensor> tensors() {
    return tensors;
  }

  /** Writes the row of the rank mask that belongs to a version: ones at its ranks, else zeroes. */
  void mask(Policy policy, FloatBuffer target, int row) {
    target.put(row * rank(), new float[rank()]);
    for (RankLayout.Member member : layout.members()) {
      if (member.policy().hash().equals(policy.hash())) {
        for (int r = 0; r < member.adapter().rank(); r++) {
          target.put(row * rank() + member.first() + r, 1);
        }
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
