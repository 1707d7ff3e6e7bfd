package dev.whetstone.onnx;

import com.google.protobuf.ByteString;
import dev.whetstone.onnx.proto.AttributeProto;
import dev.whetstone.onnx.proto.GraphProto;
import dev.whetstone.onnx.proto.ModelProto;
import dev.whetstone.onnx.proto.NodeProto;
import dev.whetstone.onnx.proto.OperatorSetIdProto;
import dev.whetstone.onnx.proto.StringStringEntryProto;
import dev.whetstone.onnx.proto.TensorProto;
import dev.whetstone.onnx.proto.TensorShapeProto;
import dev.whetstone.onnx.proto.TypeProto;
import dev.whetstone.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Collects the inputs, initializers and nodes of one ONNX graph; outputs are named after their
 * node.
 */
final class GraphBuilder {
  static final String MICROSOFT = "com.microsoft";
  private static final int IR_VERSION = 10;
  private static final int OPSET = 17;

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("policy");

  /** A shape; each dimension is a number, or a name where it varies from run to run. */
  static TensorShapeProto shape(Object... dimensions) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dimension : dimensions) {
      if (dimension instanceof Number size) {
        shape.addDimBuilder().setDimValue(size.longValue());
      } else {
        shape.addDimBuilder().setDimParam(dimension.toString());
      }
    }
    return shape.build();
  }

  String input(String name, TensorProto.DataType type, TensorShapeProto shape) {
    graph.addInput(value(name, type, shape));
    return name;
  }

  void output(String name, TensorProto.DataType type, TensorShapeProto shape) {
    graph.addOutput(value(name, type, shape));
  }

  private static ValueInfoProto value(
      String name, TensorProto.DataType type, TensorShapeProto shape) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }

  String initializer(TensorProto tensor) {
    graph.addInitializer(tensor);
    return tensor.getName();
  }

  /** An int64 constant that is stored inside the graph. */
  String constant(String name, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(bytes::putLong);
    return initializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.length)
            .setRawData(ByteString.copyFrom(bytes.flip()))
            .build());
  }

  /** A float scalar that is stored inside the graph. */
  String scalar(String name, float value) {
    return floats(name, new float[] {value});
  }

  /** A float constant that is stored inside the graph; without dimensions it is a scalar. */
  String floats(String name, float[] values, long... dimensions) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .setRawData(ByteString.copyFrom(bytes));
    Arrays.stream(dimensions).forEach(tensor::addDims);
    return initializer(tensor.build());
  }

  /** A scalar of one byte that is stored inside the graph. */
  String scalar(String name, TensorProto.DataType type, byte value) {
    return initializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setRawData(ByteString.copyFrom(new byte[] {value}))
            .build());
  }

  /**
   * Adds a node with one output of the same name. An empty input name stands for an absent optional
   * input.
   */
  String node(String name, String op, List<String> inputs, Map<String, Object> attributes) {
    return node(name, op, "", inputs, List.of(name), attributes);
  }

  String node(
      String name,
      String op,
      String domain,
      List<String> inputs,
      List<String> outputs,
      Map<String, Object> attributes) {
    NodeProto.Builder node =
        NodeProto.newBuilder()
            .setName(name)
            .setOpType(op)
            .setDomain(domain)
            .addAllInput(inputs)
            .addAllOutput(outputs);
    attributes.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(a -> node.addAttribute(attribute(a.getKey(), a.getValue())));
    graph.addNode(node);
    return outputs.getFirst();
  }

  private static AttributeProto attribute(String name, Object value) {
    AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
    switch (value) {
      case Integer i -> attribute.setI(i).setType(AttributeProto.AttributeType.INT);
      case Float f -> attribute.setF(f).setType(AttributeProto.AttributeType.FLOAT);
      case long[] values -> {
        Arrays.stream(values).forEach(attribute::addInts);
        attribute.setType(AttributeProto.AttributeType.INTS);
      }
      case String s ->
          attribute
              .setS(ByteString.copyFrom(s, StandardCharsets.UTF_8))
              .setType(AttributeProto.AttributeType.STRING);
      default -> throw new IllegalArgumentException("no attribute type for " + value.getClass());
    }
    return attribute.build();
  }

  List<NodeProto> nodes() {
    return graph.getNodeList();
  }

  ModelProto build(Map<String, String> metadata) {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("whetstone")
            .setGraph(graph)
            .addOpsetImport(opset("", OPSET))
            .addOpsetImport(opset(MICROSOFT, 1));
    metadata.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            e ->
                model.addMetadataProps(
                    StringStringEntryProto.newBuilder().setKey(e.getKey()).setValue(e.getValue())));
    return model.build();
  }

  private static OperatorSetIdProto opset(String domain, long version) {
    return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version).build();
  }
}
