package dev.whetstone.onnx;

import com.google.protobuf.ByteString;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.onnx.proto.TensorProto;
import dev.whetstone.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Graphs of some products of one size with random weights. */
final class ProductGraph {
  /** How weights and activations are quantised. */
  enum Kind {
    /** A scale for an output, a fixed step for activations: int8 where ranges are known. */
    INTEGERS("integers"),
    /** The same with a step for each row of activations. */
    ROW_STEPS("by rows"),
    /** Scales for blocks of 64: int8 elsewhere. */
    BYTES("8 bits"),
    NIBBLES_32("4: 32"),
    NIBBLES_32_ZEROS("32, zeros"),
    /** With the sum of each group as a further input, for minimums that are not whole steps. */
    NIBBLES_32_SUMS("32, sums"),
    /** The same with the inputs filled up to whole blocks. */
    NIBBLES_32_FILLED("32, filled"),
    NIBBLES_64("4: 64"),
    NIBBLES_128("4: 128"),
    /** Activations in float32. */
    NIBBLES_32_FLOATS("32, float32");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  private static final int GROUP = 32;

  private final GraphBuilder graph = new GraphBuilder();
  private final Random random = new Random(7);
  private final int in;
  private final int out;

  private ProductGraph(int in, int out) {
    this.in = in;
    this.out = out;
  }

  /**
   * Writes a graph. A product's input is {@code x.COPY [rows, in]}, for the runtime would quantise
   * a common one only once. The whole first product is an output, and of the others one row.
   */
  static Path write(Path file, Kind kind, int in, int out, int copies) throws IOException {
    ProductGraph products = new ProductGraph(in, out);
    products.declare();
    for (int copy = 0; copy < copies; copy++) {
      String input =
          products.graph.input("x." + copy, DataType.FLOAT, GraphBuilder.shape("rows", in));
      products.add(kind, input, "y." + copy, copy == 0);
    }
    AtomicFile.write(file, products.graph.build(Map.of())::writeTo);
    return file;
  }

  private void declare() {
    graph.constant("first", 0);
    graph.constant("within", 2);
    graph.constant("groups", -1, in / GROUP, GROUP);
    graph.scalar("step", 0.02f);
    graph.scalar("middle", DataType.UINT8, (byte) 128);
  }

  private void add(Kind kind, String x, String name, boolean whole) {
    switch (kind) {
      case INTEGERS -> integers(name, x);
      case ROW_STEPS -> rowSteps(name, x);
      case BYTES -> blocks(name, x, in, 8, 64, 4, false);
      case NIBBLES_32 -> blocks(name, x, in, 4, GROUP, 4, false);
      case NIBBLES_32_ZEROS -> blocks(name, x, in, 4, GROUP, 4, true);
      case NIBBLES_32_SUMS -> blocks(name, withSums(name, x), in + in / GROUP, 4, GROUP, 4, true);
      case NIBBLES_32_FILLED -> {
        int sums = Math.ceilDiv(in / GROUP, GROUP) * GROUP;
        blocks(name, withFilledSums(name, x, sums), in + sums, 4, GROUP, 4, true);
      }
      case NIBBLES_64 -> blocks(name, x, in, 4, 64, 4, false);
      case NIBBLES_128 -> blocks(name, x, in, 4, 128, 4, false);
      case NIBBLES_32_FLOATS -> blocks(name, x, in, 4, GROUP, 1, false);
    }
    if (whole) {
      graph.output(name, DataType.FLOAT, GraphBuilder.shape("rows", out));
    } else {
      String row = graph.node(name + ".row", "Gather", List.of(name, "first"), Map.of("axis", 0));
      graph.output(row, DataType.FLOAT, GraphBuilder.shape(1, out));
    }
  }

  private String integers(String name, String input) {
    String levels =
        graph.node(name + ".levels", "QuantizeLinear", List.of(input, "step", "middle"), Map.of());
    String zero = graph.scalar(name + ".zero", DataType.INT8, (byte) 0);
    return graph.node(
        name,
        "MatMulIntegerToFloat",
        GraphBuilder.MICROSOFT,
        List.of(
            levels,
            bytes(name + ".q", DataType.INT8, in, out),
            "step",
            scales(name, out),
            "middle",
            zero),
        List.of(name),
        Map.of());
  }

  private void rowSteps(String name, String x) {
    String sizes = graph.node(name + ".sizes", "Abs", List.of(x), Map.of());
    String largest =
        graph.node(name + ".largest", "ReduceMax", List.of(sizes), Map.of("axes", new long[] {-1}));
    String units = graph.node(name + ".units", "Div", List.of(x, largest), Map.of());
    String product = integers(name + ".product", units);
    graph.node(name, "Mul", List.of(product, largest), Map.of());
  }

  private String withSums(String name, String x) {
    String groups = graph.node(name + ".groups", "Reshape", List.of(x, "groups"), Map.of());
    String sums =
        graph.node(name + ".sums", "ReduceSum", List.of(groups, "within"), Map.of("keepdims", 0));
    return graph.node(name + ".with_sums", "Concat", List.of(x, sums), Map.of("axis", 1));
  }

  /** The sums as a product with ones, and zeros for columns that are no group's. */
  private String withFilledSums(String name, String x, int columns) {
    float[] ones = new float[in * columns];
    for (int i = 0; i < in; i++) {
      ones[i * columns + i / GROUP] = 1;
    }
    String of = graph.floats(name + ".ones", ones, in, columns);
    String sums = graph.node(name + ".sums", "MatMul", List.of(x, of), Map.of());
    return graph.node(name + ".with_sums", "Concat", List.of(x, sums), Map.of("axis", 1));
  }

  private void blocks(
      String name, String input, int width, int bits, int block, int accuracy, boolean zeroPoints) {
    int blocks = Math.ceilDiv(width, block);
    List<String> inputs = new ArrayList<>(List.of(input));
    inputs.add(bytes(name + ".q", DataType.UINT8, out, blocks, block * bits / Byte.SIZE));
    inputs.add(scales(name, out, blocks));
    if (zeroPoints) {
      inputs.add(
          bytes(name + ".zeros", DataType.UINT8, out, Math.ceilDiv(blocks * bits, Byte.SIZE)));
    }
    Map<String, Object> attributes =
        Map.of(
            "K", width,
            "N", out,
            "bits", bits,
            "block_size", block,
            "accuracy_level", accuracy);
    graph.node(name, "MatMulNBits", GraphBuilder.MICROSOFT, inputs, List.of(name), attributes);
  }

  private String bytes(String name, DataType type, int... shape) {
    byte[] values = new byte[size(shape)];
    random.nextBytes(values);
    return tensor(name, type, ByteBuffer.wrap(values), shape);
  }

  private String scales(String name, int... shape) {
    ByteBuffer values =
        ByteBuffer.allocate(Float.BYTES * size(shape)).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      values.putFloat(0.001f + 0.001f * random.nextFloat());
    }
    return tensor(name + ".scales", DataType.FLOAT, values.flip(), shape);
  }

  private static int size(int... shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  private String tensor(String name, DataType type, ByteBuffer values, int... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(values));
    Arrays.stream(shape).forEach(tensor::addDims);
    return graph.initializer(tensor.build());
  }
}
