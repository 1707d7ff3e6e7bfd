package dev.whetstone.onnx;

import dev.whetstone.io.AtomicFile;
import dev.whetstone.lora.LoraTarget;
import dev.whetstone.onnx.proto.GraphProto;
import dev.whetstone.onnx.proto.ModelProto;
import dev.whetstone.onnx.proto.NodeProto;
import dev.whetstone.onnx.proto.TensorProto;
import dev.whetstone.onnx.proto.TensorShapeProto;
import dev.whetstone.weights.ModelConfig;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The float32 graph with activation ranges in place of the logits. For logit row 0 its output
 * {@code logits [1, layers * 2 * hidden]} has the largest absolute value, over the tokens of the
 * run, of each input channel of q, k, v and of gate and up, layer by layer.
 */
public final class CalibrationGraph {
  private static final String FILE = "calibration.onnx";
  private static final List<LoraTarget> SITES = List.of(LoraTarget.QKV, LoraTarget.GATE_UP);

  private CalibrationGraph() {}

  /**
   * Writes the graph beside {@code exact.onnx}, whose weights it refers to.
   *
   * @return the file, which the caller deletes after the measurement
   */
  public static Path write(Path directory, ModelConfig config) throws IOException {
    ModelProto.Builder model;
    try (InputStream in =
        new BufferedInputStream(Files.newInputStream(directory.resolve("exact.onnx")))) {
      model = ModelProto.newBuilder().mergeFrom(in);
    }
    int width = config.layers() * SITES.size() * config.hiddenSize();
    observe(model.getGraphBuilder(), config.layers(), width);
    model
        .getMetadataPropsBuilderList()
        .forEach(
            entry -> {
              if (entry.getKey().equals("whetstone.vocabulary")) {
                entry.setValue(Integer.toString(width));
              }
            });
    AtomicFile.write(directory.resolve(FILE), model.build()::writeTo);
    return directory.resolve(FILE);
  }

  private static void observe(GraphProto.Builder graph, int layers, int width) {
    NodeProto head = named(graph.getNodeList(), "logits");
    List<NodeProto> nodes =
        graph.getNodeList().stream().filter(node -> !node.equals(head)).toList();
    Set<String> used =
        nodes.stream().flatMap(node -> node.getInputList().stream()).collect(Collectors.toSet());
    List<TensorProto> initializers =
        graph.getInitializerList().stream()
            .filter(tensor -> used.contains(tensor.getName()))
            .toList();
    GraphBuilder observers = new GraphBuilder();
    List<String> inputs = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (String norm : List.of(".input_norm", ".post_norm")) {
        String name = "layer." + layer + norm;
        String sizes = observers.node(name + ".sizes", "Abs", List.of(name), Map.of());
        inputs.add(
            observers.node(
                name + ".largest", "ReduceMax", List.of(sizes), Map.of("axes", new long[] {0})));
      }
    }
    observers.node("observed", "Concat", inputs, Map.of("axis", 1));
    observers.node("logits", "Gather", List.of("observed", "logit_rows"), Map.of("axis", 0));
    graph.clearNode().addAllNode(nodes).addAllNode(observers.nodes());
    graph.clearInitializer().addAllInitializer(initializers);
    TensorShapeProto shape = GraphBuilder.shape("rows", width);
    graph.getOutputBuilderList().stream()
        .filter(output -> output.getName().equals("logits"))
        .forEach(output -> output.getTypeBuilder().getTensorTypeBuilder().setShape(shape));
  }

  private static NodeProto named(List<NodeProto> nodes, String name) {
    return nodes.stream().filter(node -> node.getName().equals(name)).findFirst().orElseThrow();
  }

  /**
   * Merges the output of a run into the largest absolute values so far.
   *
   * @param largest absolute values so far {@code [hidden]}, by {@link LoraTarget#nodePrefix}
   * @param found {@code [layers * 2 * hidden]}, the output of a run
   */
  public static void mergeMaxima(Map<String, float[]> largest, float[] found, ModelConfig config) {
    int hidden = config.hiddenSize();
    int at = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      for (LoraTarget site : SITES) {
        float[] known = largest.computeIfAbsent(site.nodePrefix(layer), _ -> new float[hidden]);
        for (int channel = 0; channel < hidden; channel++) {
          known[channel] = Math.max(known[channel], found[at++]);
        }
      }
    }
  }
}
