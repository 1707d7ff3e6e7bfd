package dev.whetstone.onnx;

import dev.whetstone.lora.LoraTarget;
import dev.whetstone.onnx.proto.TensorProto;
import dev.whetstone.onnx.proto.TensorProto.DataType;
import dev.whetstone.onnx.quantization.ActivationRanges;
import dev.whetstone.onnx.quantization.BlockQuantizer;
import dev.whetstone.onnx.quantization.BlockQuantizer.Quantized;
import dev.whetstone.onnx.quantization.ChannelQuantizer;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The initializers of a graph and the products with them. Tensors that two graphs of a directory
 * share (embedding, norms, head) are written once; the second graph refers to the same bytes.
 */
final class GraphWeights {
  private static final String UNIT = "unit";
  private static final String ZERO = "zero_level";
  private static final int LAST_DYNAMIC_GATES = 2;

  private final ModelConfig config;
  private final Tensors source;
  private final ExternalData file;
  private final Precision blocks;
  private final Precision head;
  private final ActivationRanges ranges;
  private final Map<String, TensorProto> written;
  private boolean rotaryDeclared;
  private boolean unitStepDeclared;

  private GraphWeights(
      ModelConfig config,
      Tensors source,
      ExternalData file,
      Precision blocks,
      Precision head,
      ActivationRanges ranges,
      Map<String, TensorProto> written) {
    this.config = config;
    this.source = source;
    this.file = file;
    this.blocks = blocks;
    this.head = head;
    this.ranges = ranges;
    this.written = written;
  }

  GraphWeights(
      ModelConfig config,
      Tensors source,
      ExternalData file,
      Precision precision,
      ActivationRanges ranges) {
    this(config, source, file, precision, precision, ranges, new HashMap<>());
  }

  /** The weights for another graph of the directory, with the blocks in another precision. */
  GraphWeights sharing(ExternalData other, Precision otherBlocks) {
    return new GraphWeights(
        config, source, other, otherBlocks, head, ranges, new HashMap<>(written));
  }

  TensorProto embedding() throws IOException {
    return floats(
        "model.embed_tokens.weight", "embedding", config.vocabularySize(), config.hiddenSize());
  }

  TensorProto vector(String name) throws IOException {
    return floats(name, name, source.shape(name)[0]);
  }

  private TensorProto floats(String name, String as, long... shape) throws IOException {
    TensorProto existing = written.get(as);
    if (existing != null) {
      return existing;
    }
    TensorProto tensor = file.floats(as + ".table", source.read(name), shape);
    written.put(as, tensor);
    return tensor;
  }

  int inputSize(String module) {
    return Math.toIntExact(source.shape(module + ".weight")[1]);
  }

  int outputSize(String module) {
    return Math.toIntExact(source.shape(module + ".weight")[0]);
  }

  /**
   * The input of the linear layers at one LoRA target.
   *
   * @param name of the float rows
   * @param quantized the same rows as integers; null where they are quantised at run time
   */
  record LayerInput(String name, @Nullable QuantizedInput quantized) {}

  /**
   * Rows of unsigned bytes with zero point 128.
   *
   * @param steps {@code [in]}, the value of one level of each channel
   */
  record QuantizedInput(String name, float[] steps) {}

  /** Adds the quantisation of a target's input, which its modules share. */
  LayerInput layerInput(GraphBuilder graph, LoraTarget site, int layer, String input)
      throws IOException {
    Optional<float[]> range =
        hasQuantizedInput(site, layer) ? ranges.of(site, layer) : Optional.empty();
    if (range.isEmpty()) {
      return new LayerInput(input, null);
    }
    declareUnitStep(graph);
    String name = site.nodePrefix(layer);
    float[] weights =
        stack(
            site.modules().stream().map(m -> LoraTarget.moduleName(layer, m) + ".weight").toList());
    float[] steps = ChannelQuantizer.steps(range.get(), weights);
    float[] inverse = new float[steps.length];
    for (int i = 0; i < steps.length; i++) {
      inverse[i] = 1 / steps[i];
    }
    String factors =
        graph.initializer(file.floats(name + ".levels_per_unit", inverse, inverse.length));
    String scaled = graph.node(name + ".scaled", "Mul", List.of(input, factors), Map.of());
    String levels =
        graph.node(name + ".levels", "QuantizeLinear", List.of(scaled, UNIT, ZERO), Map.of());
    return new LayerInput(input, new QuantizedInput(levels, steps));
  }

  // The last gates are too close to the logits: with fixed steps they cause half of the whole loss.
  private boolean hasQuantizedInput(LoraTarget site, int layer) {
    return blocks == Precision.INT8
        && (site != LoraTarget.GATE_UP || layer < config.layers() - LAST_DYNAMIC_GATES);
  }

  private void declareUnitStep(GraphBuilder graph) {
    if (!unitStepDeclared) {
      unitStepDeclared = true;
      graph.scalar(UNIT, 1);
      graph.scalar(ZERO, DataType.UINT8, (byte) 128);
    }
  }

  /** Adds {@code name = input W^T (+ bias)} for modules stacked along the output. */
  String linear(GraphBuilder graph, String name, LayerInput input, List<String> modules)
      throws IOException {
    int in = inputSize(modules.getFirst());
    int out = modules.stream().mapToInt(this::outputSize).sum();
    boolean biased = source.names().contains(modules.getFirst() + ".bias");
    String product = biased ? name + ".product" : name;
    List<String> tensors = modules.stream().map(module -> module + ".weight").toList();
    if (input.quantized() == null) {
      int block = BlockQuantizer.blockSize(in);
      Matrix matrix = new Matrix(() -> stack(tensors), out, in, block);
      multiply(graph, product, input.name(), blocks, matrix);
    } else {
      multiply(graph, product, input.quantized(), stack(tensors), out);
    }
    if (biased) {
      float[] bias = stack(modules.stream().map(module -> module + ".bias").toList());
      String values = graph.initializer(file.floats(name + ".bias", bias, out));
      graph.node(name, "Add", List.of(product, values), Map.of());
    }
    return name;
  }

  private void multiply(
      GraphBuilder graph, String name, QuantizedInput input, float[] weights, int out)
      throws IOException {
    ChannelQuantizer.Quantized q = ChannelQuantizer.quantize(weights, out, input.steps());
    String data =
        graph.initializer(file.signedBytes(name + ".q", q.data(), input.steps().length, out));
    String scales = graph.initializer(file.floats(name + ".scales", q.scales(), out));
    // One zero point per matrix: the runtime replaces both where it has no signed products.
    String zero = graph.scalar(name + ".zero", DataType.INT8, (byte) 0);
    graph.node(
        name,
        "MatMulIntegerToFloat",
        GraphBuilder.MICROSOFT,
        List.of(input.name(), data, UNIT, scales, ZERO, zero),
        List.of(name),
        Map.of());
  }

  /** Adds the output projection: its own matrix, or the embedding where the two are tied. */
  void head(GraphBuilder graph, String name, String input) throws IOException {
    String tensor = config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
    int in = config.hiddenSize();
    int block = BlockQuantizer.blockSize(in);
    Matrix matrix = new Matrix(() -> source.read(tensor), config.vocabularySize(), in, block);
    multiply(graph, name, input, head, matrix);
  }

  private interface MatrixSource {
    float[] read() throws IOException;
  }

  /** A matrix {@code [out, in]}; {@code block} weights of a row share a scale in int8. */
  private record Matrix(MatrixSource source, int out, int in, int block) {}

  private void multiply(
      GraphBuilder graph, String name, String input, Precision precision, Matrix matrix)
      throws IOException {
    switch (precision) {
      case FP32 ->
          graph.node(name, "MatMul", List.of(input, float32Matrix(graph, name, matrix)), Map.of());
      case INT8 -> {
        List<String> inputs = new ArrayList<>(List.of(input));
        inputs.addAll(int8Matrix(graph, name, matrix));
        graph.node(
            name,
            "MatMulNBits",
            GraphBuilder.MICROSOFT,
            inputs,
            List.of(name),
            Map.of(
                "K",
                matrix.in(),
                "N",
                matrix.out(),
                "bits",
                8,
                "block_size",
                matrix.block(),
                "accuracy_level",
                4));
      }
    }
  }

  /** The transposed matrix {@code [in, out]}, which the runtime packs once at load. */
  private String float32Matrix(GraphBuilder graph, String name, Matrix matrix) throws IOException {
    TensorProto tensor = written.get(name + ".w");
    if (tensor == null) {
      float[] transposed = transpose(matrix.source().read(), matrix.out(), matrix.in());
      tensor = file.floats(name + ".w", transposed, matrix.in(), matrix.out());
      written.put(name + ".w", tensor);
    }
    return graph.initializer(tensor);
  }

  private List<String> int8Matrix(GraphBuilder graph, String name, Matrix matrix)
      throws IOException {
    TensorProto data = written.get(name + ".q");
    TensorProto scales = written.get(name + ".scales");
    if (data == null || scales == null) {
      int out = matrix.out();
      Quantized q =
          BlockQuantizer.quantize(matrix.source().read(), out, matrix.in(), matrix.block());
      data = file.bytes(name + ".q", q.data(), out, q.blocks(), q.block());
      scales = file.floats(name + ".scales", q.scales(), out, q.blocks());
      written.put(name + ".q", data);
      written.put(name + ".scales", scales);
    }
    return List.of(graph.initializer(data), graph.initializer(scales));
  }

  private float[] stack(List<String> names) {
    List<float[]> parts = new ArrayList<>();
    for (String name : names) {
      parts.add(source.read(name));
    }
    float[] whole = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  static float[] transpose(float[] matrix, int rows, int columns) {
    float[] transposed = new float[matrix.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        transposed[column * rows + row] = matrix[row * columns + column];
      }
    }
    return transposed;
  }

  String cosines(GraphBuilder graph) throws IOException {
    declareRotary(graph);
    return "rotary.cos";
  }

  String sines(GraphBuilder graph) throws IOException {
    declareRotary(graph);
    return "rotary.sin";
  }

  private void declareRotary(GraphBuilder graph) throws IOException {
    if (rotaryDeclared) {
      return;
    }
    rotaryDeclared = true;
    RotaryTables tables = RotaryTables.of(config);
    int half = config.headDim() / 2;
    graph.initializer(file.floats("rotary.cos", tables.cosines(), config.contextLength(), half));
    graph.initializer(file.floats("rotary.sin", tables.sines(), config.contextLength(), half));
  }
}
