package dev.whetstone.onnx;

import dev.whetstone.onnx.GraphWeights.LayerInput;
import dev.whetstone.weights.DecoderDesign.Experts;
import dev.whetstone.weights.ModelConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A sparse mixture of experts in a graph. The rows that asked for an expert are one product with
 * its weights; an expert that no row asked for multiplies nothing. An expert's product has as many
 * rows as asked for it, so that a row's bits can depend on the other rows of a batch.
 */
final class ExpertsGraph {
  private static final String FIRST = "experts.first_axis";
  private static final String LAST = "experts.last_axis";
  private static final String CHOSEN = "experts.chosen";
  private static final String FLAT = "experts.flat";
  private static final String SHAPE = "experts.shape";

  private final GraphBuilder graph;
  private final GraphWeights weights;
  private final ModelConfig config;
  private final Experts experts;

  ExpertsGraph(GraphBuilder graph, GraphWeights weights, ModelConfig config, Experts experts) {
    this.graph = graph;
    this.weights = weights;
    this.config = config;
    this.experts = experts;
  }

  /** Adds the mixture of a layer to the graph. */
  String add(int layer, String input) throws IOException {
    if (layer == 0) {
      declare();
    }
    String name = "layer." + layer + ".experts";
    String probabilities = route(layer, name, input);
    graph.node(name + ".flat", "Reshape", List.of(name + ".ids", FLAT), Map.of());
    List<String> places = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    for (int expert = 0; expert < experts.count(); expert++) {
      String part = name + "." + expert;
      String asks =
          graph.node(part + ".asks", "Equal", List.of(name + ".flat", id(expert)), Map.of());
      String found = graph.node(part + ".found", "NonZero", List.of(asks), Map.of());
      places.add(graph.node(part + ".places", "Reshape", List.of(found, FLAT), Map.of()));
      outputs.add(output(layer, expert, part, input));
    }
    return sum(name, places, outputs, probabilities);
  }

  private static String id(int expert) {
    return "experts.id." + expert;
  }

  private void declare() {
    graph.constant(FIRST, 1);
    graph.constant(LAST, -1);
    graph.constant(FLAT, -1);
    graph.constant(CHOSEN, experts.chosen());
    graph.constant(SHAPE, -1, experts.chosen(), config.hiddenSize());
    for (int expert = 0; expert < experts.count(); expert++) {
      graph.constant(id(expert), expert);
    }
  }

  /** Adds {@code NAME.ids [N, chosen]} and their probabilities, the largest first. */
  private String route(int layer, String name, String input) throws IOException {
    String scores = weights.router(graph, name + ".router", input, Experts.router(layer));
    String all = graph.node(name + ".all", "Softmax", List.of(scores), Map.of("axis", -1));
    String largest = name + ".probabilities";
    graph.node(
        name + ".largest",
        "TopK",
        "",
        List.of(all, CHOSEN),
        List.of(largest, name + ".ids"),
        Map.of("axis", -1));
    if (!experts.normalised()) {
      return largest;
    }
    String total = graph.node(name + ".total", "ReduceSum", List.of(largest, LAST), Map.of());
    return graph.node(name + ".shares", "Div", List.of(largest, total), Map.of());
  }

  /** An expert's output for the rows that asked for it. */
  private String output(int layer, int expert, String part, String input) throws IOException {
    String rows = graph.node(part + ".rows", "Div", List.of(part + ".places", CHOSEN), Map.of());
    String own = graph.node(part + ".own", "Gather", List.of(input, rows), Map.of("axis", 0));
    String gateUp =
        weights.linear(
            graph, part + ".gate_up", new LayerInput(own, null), Experts.gateAndUp(layer, expert));
    String gated =
        TransformerGraph.gated(
            graph, config.design(), part, TransformerGraph.halves(graph, gateUp));
    return weights.linear(
        graph, part + ".down", new LayerInput(gated, null), List.of(Experts.down(layer, expert)));
  }

  /** Brings the outputs in the order of the rows that asked for them, and adds each row's. */
  private String sum(String name, List<String> places, List<String> outputs, String probabilities) {
    String found = graph.node(name + ".places", "Concat", places, Map.of("axis", 0));
    String count = graph.node(name + ".count", "Shape", List.of(found), Map.of());
    String order = name + ".order";
    graph.node(
        name + ".sorted",
        "TopK",
        "",
        List.of(found, count),
        List.of(name + ".in_order", order),
        Map.of("axis", 0, "largest", 0));
    String all = graph.node(name + ".outputs", "Concat", outputs, Map.of("axis", 0));
    String ordered =
        graph.node(name + ".ordered", "Gather", List.of(all, order), Map.of("axis", 0));
    String byRow = graph.node(name + ".by_row", "Reshape", List.of(ordered, SHAPE), Map.of());
    String shares =
        graph.node(name + ".column", "Unsqueeze", List.of(probabilities, LAST), Map.of());
    String weighted = graph.node(name + ".weighted", "Mul", List.of(byRow, shares), Map.of());
    return graph.node(name, "ReduceSum", List.of(weighted, FIRST), Map.of("keepdims", 0));
  }
}
