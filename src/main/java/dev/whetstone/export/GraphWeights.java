package dev.whetstone.export;

import dev.whetstone.export.BlockQuantizer.Quantized;
import dev.whetstone.export.onnx.TensorProto;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The initializers of a graph. Tensors that two graphs of one directory share (embedding, norms,
 * head) are written once: later graphs refer to the same bytes.
 */
final class GraphWeights {
  private final ModelConfig config;
  private final Tensors source;
  private final ExternalData file;
  private final Precision blocks;
  private final Precision head;
  private final Map<String, TensorProto> written;
  private boolean rotaryDeclared;

  private GraphWeights(
      ModelConfig config,
      Tensors source,
      ExternalData file,
      Precision blocks,
      Precision head,
      Map<String, TensorProto> written) {
    this.config = config;
    this.source = source;
    this.file = file;
    this.blocks = blocks;
    this.head = head;
    this.written = written;
  }

  GraphWeights(ModelConfig config, Tensors source, ExternalData file, Precision precision) {
    this(config, source, file, precision, precision, new HashMap<>());
  }

  /** The same model for another graph of the directory, its blocks in another precision. */
  GraphWeights sharing(ExternalData other, Precision otherBlocks) {
    return new GraphWeights(config, source, other, otherBlocks, head, new HashMap<>(written));
  }

  TensorProto embedding() throws IOException {
    return floats(
        "model.embed_tokens.weight", "embedding", config.vocabularySize(), config.hiddenSize());
  }

  TensorProto vector(String name) throws IOException {
    return floats(name, name, source.shape(name)[0]);
  }

  private TensorProto floats(String name, String as, long... shape) throws IOException {
    TensorProto known = written.get(as);
    if (known != null) {
      return known;
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

  /** Adds {@code name = input W^T (+ bias)} for modules stacked along the output. */
  String linear(GraphBuilder graph, String name, String input, List<String> modules)
      throws IOException {
    int in = inputSize(modules.getFirst());
    int out = modules.stream().mapToInt(this::outputSize).sum();
    boolean biased = source.names().contains(modules.getFirst() + ".bias");
    String product = biased ? name + ".product" : name;
    List<String> tensors = modules.stream().map(module -> module + ".weight").toList();
    int block = BlockQuantizer.longestBlock(in);
    multiply(graph, product, input, blocks, new Matrix(() -> stack(tensors), out, in, block));
    if (biased) {
      float[] bias = stack(modules.stream().map(module -> module + ".bias").toList());
      String values = graph.initializer(file.floats(name + ".bias", bias, out));
      graph.node(name, "Add", List.of(product, values), Map.of());
    }
    return name;
  }

  /** Adds the output projection: its own matrix, or the embedding where the two are tied. */
  void head(GraphBuilder graph, String name, String input) throws IOException {
    String tensor = config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
    // its errors reach the logits unsoftened
    Matrix matrix =
        new Matrix(
            () -> source.read(tensor),
            config.vocabularySize(),
            config.hiddenSize(),
            BlockQuantizer.SHORT);
    multiply(graph, name, input, head, matrix);
  }

  private interface MatrixSource {
    float[] read() throws IOException;
  }

  /**
   * @param block weights that share a scale in int8
   */
  private record Matrix(MatrixSource source, int out, int in, int block) {}

  private void multiply(
      GraphBuilder graph, String name, String input, Precision precision, Matrix matrix)
      throws IOException {
    switch (precision) {
      case FP32 -> graph.node(name, "MatMul", List.of(input, wide(graph, name, matrix)), Map.of());
      case INT8 -> {
        List<String> inputs = new ArrayList<>(List.of(input));
        inputs.addAll(quantized(graph, name, matrix));
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

  /** {@code [in, out]}: the runtime packs it once at load. */
  private String wide(GraphBuilder graph, String name, Matrix matrix) throws IOException {
    TensorProto tensor = written.get(name + ".w");
    if (tensor == null) {
      float[] transposed = transpose(matrix.source().read(), matrix.out(), matrix.in());
      tensor = file.floats(name + ".w", transposed, matrix.in(), matrix.out());
      written.put(name + ".w", tensor);
    }
    return graph.initializer(tensor);
  }

  private List<String> quantized(GraphBuilder graph, String name, Matrix matrix)
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
