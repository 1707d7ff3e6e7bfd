package dev.whetstone.engine.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.policy.Policy;
import java.lang.foreign.Arena;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The LoRA inputs of a run with several versions, stacked along the rank: {@code A [parts, modules
 * * R / parts, in]} and {@code B [blocks, R, width]}, where R is the sum of the padded ranks. The
 * scale is multiplied into B. {@link RankLayout} gives the positions of the ranks.
 */
final class StackedLora implements AutoCloseable {
  private final GraphShape shape;
  private final RankLayout layout;
  private final Arena arena = Arena.ofShared();
  private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();

  StackedLora(OrtEnvironment environment, GraphShape shape, List<Policy> policies)
      throws OrtException {
    this(environment, shape, RankLayout.of(policies));
  }

  StackedLora(OrtEnvironment environment, GraphShape shape, RankLayout layout) throws OrtException {
    this.shape = shape;
    this.layout = layout;
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (LoraTarget target : shape.targets()) {
        add(environment, layer, target);
      }
    }
  }

  private void add(OrtEnvironment environment, int layer, LoraTarget target) throws OrtException {
    int in = shape.inputSize(target);
    int[] outputs = shape.outputSizes(target);
    FloatBuffer a = allocate(outputs.length * rank() * in);
    Blocks b =
        new Blocks(
            allocate(IntStream.of(outputs).sum() * rank()), shape.blockWidth(target), rank());
    int column = 0;
    for (int m = 0; m < outputs.length; m++) {
      int startA = m * rank() * in;
      String module = LoraTarget.moduleName(layer, target.modules().get(m));
      copyFactors(module, 0, outputs[m], a, startA, b, column);
      if (target.fusedModule() != null) {
        String fused = LoraTarget.moduleName(layer, target.fusedModule());
        copyFactors(fused, column, outputs[m], a, startA, b, column);
      }
      column += outputs[m];
    }
    int parts = target.parts();
    put(environment, target.inputA(layer), a, parts, (long) outputs.length * rank() / parts, in);
    put(environment, target.inputB(layer), b.values(), shape.blocks(target), rank(), b.width());
  }

  private void put(OrtEnvironment environment, String input, FloatBuffer values, long... dimensions)
      throws OrtException {
    tensors.put(input, OnnxTensor.createTensor(environment, values, dimensions));
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
   * Copies all versions' factors of {@code out} outputs of a module, from {@code first} on, to
   * {@code startA} of A and {@code column} of B.
   */
  private void copyFactors(
      String name, int first, int out, FloatBuffer a, int startA, Blocks b, int column) {
    for (RankLayout.Member member : layout.members()) {
      LoraAdapter adapter = member.adapter();
      LoraAdapter.Module module = adapter.modules().get(name);
      if (module != null) {
        a.put(startA + member.firstRank() * module.in(), module.a());
        for (int r = 0; r < adapter.rank(); r++) {
          b.put(member.firstRank() + r, column, scaledRow(adapter, module, r, first, out));
        }
      }
    }
  }

  private static float[] scaledRow(
      LoraAdapter adapter, LoraAdapter.Module module, int r, int first, int out) {
    float scale = (float) adapter.scale();
    float[] row = new float[out];
    for (int j = 0; j < row.length; j++) {
      row[j] = scale * module.b()[(first + j) * adapter.rank() + r];
    }
    return row;
  }

  /** B of a target, {@code [blocks, rank, width]}. */
  private record Blocks(FloatBuffer values, int width, int ranks) {
    /** Copies whole blocks of a row of {@code [rank, blocks * width]}, from {@code column} on. */
    void put(int rank, int column, float[] part) {
      for (int done = 0; done < part.length; done += width) {
        int block = (column + done) / width;
        values.put((block * ranks + rank) * width, part, done, width);
      }
    }
  }

  /** Sum of the padded ranks. */
  int rank() {
    return layout.total();
  }

  boolean contains(String hash) {
    return layout.members().stream().anyMatch(member -> member.policy().hash().equals(hash));
  }

  Map<String, OnnxTensor> tensors() {
    return tensors;
  }

  /** Writes a row of the rank mask {@code [rows, R]}: 1 at the version's ranks, 0 elsewhere. */
  void writeMask(Policy policy, FloatBuffer target, int row) {
    target.put(row * rank(), new float[rank()]);
    for (RankLayout.Member member : layout.members()) {
      if (member.policy().hash().equals(policy.hash())) {
        for (int r = 0; r < member.adapter().rank(); r++) {
          target.put(row * rank() + member.firstRank() + r, 1);
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
