package dev.whetstone.onnx;

import dev.whetstone.lora.LoraTarget;
import dev.whetstone.onnx.proto.TensorProto;
import dev.whetstone.onnx.proto.TensorProto.DataType;
import dev.whetstone.onnx.quantization.ActivationRanges;
import dev.whetstone.onnx.quantization.BlockQuantizer;
import dev.whetstone.onnx.quantization.BlockQuantizer.Quantized;
import dev.whetstone.onnx.quantization.ChannelQuantizer;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Rope;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The initializers of a graph and the products with them. Graphs of one directory share all of
 * them: each is written once, and the second graph refers to the same bytes.
 */
final class GraphWeights {
  private static final String UNIT = "unit";
  private static final String ZERO = "zero_level";
  private static final int LAST_DYNAMIC_GATES = 2;

  /** Values of a matrix that are read at once where the whole would take too much memory. */
  private static final int PIECE = 1 << 22;

  private final ModelConfig config;
  private final Tensors source;
  private final ExternalData file;
  private final Precision precision;
  private final ActivationRanges ranges;
  private final Map<String, TensorProto> written;
  private final Map<String, float[]> steps;
  private final Set<String> rotaryDeclared = new HashSet<>();
  private boolean unitStepDeclared;

  private GraphWeights(GraphWeights other) {
    this.config = other.config;
    this.source = other.source;
    this.file = other.file;
    this.precision = other.precision;
    this.ranges = other.ranges;
    this.written = other.written;
    this.steps = other.steps;
  }

  GraphWeights(
      ModelConfig config,
      Tensors source,
      ExternalData file,
      Precision precision,
      ActivationRanges ranges) {
    this.config = config;
    this.source = source;
    this.file = file;
    this.precision = precision;
    this.ranges = ranges;
    this.written = new HashMap<>();
    this.steps = new HashMap<>();
  }

  /** The same weights for another graph of the directory. */
  GraphWeights forAnotherGraph() {
    return new GraphWeights(this);
  }

  private interface Writing {
    TensorProto write(String name) throws IOException;
  }

  /** Writes an initializer at its first use. */
  private TensorProto once(String name, Writing writing) throws IOException {
    TensorProto known = written.get(name);
    if (known == null) {
      known = writing.write(name);
      written.put(name, known);
    }
    return known;
  }

  private TensorProto floats(String name, float[] values) throws IOException {
    return once(name, as -> file.floats(as, values, values.length));
  }

  TensorProto embedding() throws IOException {
    return once("embedding.table", as -> write(as, vocabularyMatrix("model.embed_tokens.weight")));
  }

  /** The weight of a norm. */
  TensorProto norm(String name) throws IOException {
    return once(name + ".table", as -> file.floats(as, normWeight(name), source.shape(name)[0]));
  }

  private float[] normWeight(String name) {
    float[] values = source.read(name);
    float offset = (float) config.design().normOffset();
    for (int i = 0; i < values.length && offset != 0; i++) {
      values[i] += offset;
    }
    return values;
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
    float[] channelSteps = steps(site, layer, range.get());
    float[] inverse = new float[channelSteps.length];
    for (int i = 0; i < inverse.length; i++) {
      inverse[i] = 1 / channelSteps[i];
    }
    String factors = graph.initializer(floats(name + ".levels_per_unit", inverse));
    String scaled = graph.node(name + ".scaled", "Mul", List.of(input, factors), Map.of());
    String levels =
        graph.node(name + ".levels", "QuantizeLinear", List.of(scaled, UNIT, ZERO), Map.of());
    return new LayerInput(input, new QuantizedInput(levels, channelSteps));
  }

  private float[] steps(LoraTarget site, int layer, float[] range) {
    return steps.computeIfAbsent(
        site.nodePrefix(layer),
        _ -> {
          List<String> tensors =
              site.modules().stream()
                  .map(m -> LoraTarget.moduleName(layer, m) + ".weight")
                  .toList();
          return ChannelQuantizer.steps(range, stack(tensors));
        });
  }

  // The last gates are too close to the logits: with fixed steps they cause half of the whole loss.
  private boolean hasQuantizedInput(LoraTarget site, int layer) {
    return precision == Precision.INT8
        && (site != LoraTarget.GATE_UP || layer < config.layers() - LAST_DYNAMIC_GATES);
  }

  private void declareUnitStep(GraphBuilder graph) {
    if (!unitStepDeclared) {
      unitStepDeclared = true;
      graph.scalar(UNIT, 1);
      graph.scalar(ZERO, DataType.UINT8, (byte) 128);
    }
  }

  /** Adds a router's product, which is float32 always: rounding would choose other experts. */
  String router(GraphBuilder graph, String name, String input, String module) throws IOException {
    String tensor = module + ".weight";
    multiplyFloat32(graph, name, input, List.of(tensor), outputSize(module), inputSize(module));
    return name;
  }

  /** Adds {@code name = input W^T (+ bias)} for modules stacked along the output. */
  String linear(GraphBuilder graph, String name, LayerInput input, List<String> modules)
      throws IOException {
    int in = inputSize(modules.getFirst());
    int out = modules.stream().mapToInt(this::outputSize).sum();
    boolean biased = source.names().contains(modules.getFirst() + ".bias");
    String product = biased ? name + ".product" : name;
    List<String> tensors = modules.stream().map(module -> module + ".weight").toList();
    if (input.quantized() != null) {
      multiply(graph, product, input.quantized(), tensors, out);
    } else {
      switch (precision) {
        case FP32 -> multiplyFloat32(graph, product, input.name(), tensors, out, in);
        case INT8 ->
            multiplyInt8(
                graph, product, input.name(), new Matrix((_, _) -> stack(tensors), out, in, out));
      }
    }
    if (biased) {
      float[] bias = stack(modules.stream().map(module -> module + ".bias").toList());
      String values = graph.initializer(floats(name + ".bias", bias));
      graph.node(name, "Add", List.of(product, values), Map.of());
    }
    return name;
  }

  private void multiply(
      GraphBuilder graph, String name, QuantizedInput input, List<String> tensors, int out)
      throws IOException {
    if (!written.containsKey(name + ".q")) {
      ChannelQuantizer.Quantized q = ChannelQuantizer.quantize(stack(tensors), out, input.steps());
      once(name + ".q", as -> file.signedBytes(as, q.data(), input.steps().length, out));
      floats(name + ".scales", q.scales());
    }
    String data = known(graph, name + ".q");
    String scales = known(graph, name + ".scales");
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

  private String known(GraphBuilder graph, String name) {
    return graph.initializer(Objects.requireNonNull(written.get(name)));
  }

  /** The matrices are transposed to {@code [in, out]}, which the runtime multiplies faster. */
  private void multiplyFloat32(
      GraphBuilder graph, String name, String input, List<String> tensors, int out, int in)
      throws IOException {
    TensorProto transposed =
        once(name + ".w", as -> file.floats(as, transpose(stack(tensors), out, in), in, out));
    graph.node(name, "MatMul", List.of(input, graph.initializer(transposed)), Map.of());
  }

  /** Adds the output projection: its own matrix, or the embedding where the two are tied. */
  void head(GraphBuilder graph, String name, String input) throws IOException {
    String tensor = config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
    Matrix matrix = vocabularyMatrix(tensor);
    switch (precision) {
      case FP32 -> {
        // A tied head is the embedding, which the graph has already.
        String weights =
            config.tiedEmbeddings()
                ? embedding().getName()
                : graph.initializer(once(name + ".w", as -> write(as, matrix)));
        graph.node(name, "Gemm", List.of(input, weights), Map.of("transB", 1));
      }
      case INT8 -> multiplyInt8(graph, name, input, matrix);
    }
  }

  private Matrix vocabularyMatrix(String tensor) {
    int width = config.hiddenSize();
    return new Matrix(
        (first, rows) -> source.readRows(tensor, first, rows),
        config.vocabularySize(),
        width,
        Math.max(1, PIECE / width));
  }

  private TensorProto write(String as, Matrix matrix) throws IOException {
    return file.pieces(
        DataType.FLOAT, as, to -> matrix.forEachPiece(to::append), matrix.out(), matrix.in());
  }

  private interface RowSource {
    float[] read(int first, int rows) throws IOException;
  }

  private interface Piece {
    void accept(float[] rows) throws IOException;
  }

  /** A matrix {@code [out, in]} that is read in pieces of {@code pieceRows} rows. */
  private record Matrix(RowSource source, int out, int in, int pieceRows) {
    void forEachPiece(Piece piece) throws IOException {
      for (int first = 0; first < out; first += pieceRows) {
        piece.accept(source.read(first, Math.min(pieceRows, out - first)));
      }
    }
  }

  private void multiplyInt8(GraphBuilder graph, String name, String input, Matrix matrix)
      throws IOException {
    int block = BlockQuantizer.blockSize(matrix.in());
    if (!written.containsKey(name + ".q")) {
      writeInt8(name, matrix, block);
    }
    graph.node(
        name,
        "MatMulNBits",
        GraphBuilder.MICROSOFT,
        List.of(input, known(graph, name + ".q"), known(graph, name + ".scales")),
        List.of(name),
        Map.of(
            "K",
            matrix.in(),
            "N",
            matrix.out(),
            "bits",
            8,
            "block_size",
            block,
            "accuracy_level",
            4));
  }

  private void writeInt8(String name, Matrix matrix, int block) throws IOException {
    int blocks = (matrix.in() + block - 1) / block;
    FloatBuffer scales = FloatBuffer.allocate(matrix.out() * blocks);
    once(
        name + ".q",
        as ->
            file.pieces(
                DataType.UINT8,
                as,
                to ->
                    matrix.forEachPiece(
                        rows -> {
                          int count = rows.length / matrix.in();
                          Quantized q = BlockQuantizer.quantize(rows, count, matrix.in(), block);
                          to.append(q.data());
                          scales.put(q.scales());
                        }),
                matrix.out(),
                blocks,
                block));
    once(name + ".scales", as -> file.floats(as, scales.array(), matrix.out(), blocks));
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

  /** Name of the cosines of a rotary embedding; the sines are {@link #sines}. */
  String cosines(GraphBuilder graph, Rope rope) throws IOException {
    declareRotary(graph, rope);
    return rotary(rope) + ".cos";
  }

  String sines(GraphBuilder graph, Rope rope) throws IOException {
    declareRotary(graph, rope);
    return rotary(rope) + ".sin";
  }

  private String rotary(Rope rope) {
    int index = config.ropes().indexOf(rope);
    return index == 0 ? "rotary" : "rotary." + index;
  }

  private void declareRotary(GraphBuilder graph, Rope rope) throws IOException {
    String name = rotary(rope);
    if (!rotaryDeclared.add(name)) {
      return;
    }
    RotaryTables tables = RotaryTables.of(config, rope);
    int half = config.headDim() / 2;
    int context = config.contextLength();
    graph.initializer(once(name + ".cos", as -> file.floats(as, tables.cosines(), context, half)));
    graph.initializer(once(name + ".sin", as -> file.floats(as, tables.sines(), context, half)));
  }
}
