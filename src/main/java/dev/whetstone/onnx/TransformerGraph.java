package dev.whetstone.onnx;

import dev.whetstone.lora.LoraTarget;
import dev.whetstone.onnx.LoraMatMuls.RowMode;
import dev.whetstone.onnx.proto.ModelProto;
import dev.whetstone.onnx.proto.TensorProto.DataType;
import dev.whetstone.weights.ModelConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The decoder of the Llama family as an ONNX graph: RMS norms fused with the residual sums,
 * grouped-query attention that applies the rotary embedding, SwiGLU, and at every linear layer of a
 * block a LoRA product whose factors are inputs of the run.
 *
 * <p>Inputs, with B sequences of S tokens, N = B * S rows and total LoRA rank R of all versions in
 * the run:
 *
 * <ul>
 *   <li>{@code input_ids [B, S]} int64, {@code seqlens_k [B]} int32 (tokens in the cache after the
 *       run, minus one), {@code total_sequence_length} int32 scalar (the largest of them, plus one)
 *   <li>{@code past.L.key|value [B, kv_heads, slot_length, head_dim]}, returned as {@code
 *       present.L.key|value}
 *   <li>{@code logit_rows [rows]} int64: those of the N rows for which the head is computed
 *   <li>{@code rank_mask [N or 1, R]}: 1 where a rank belongs to the row's version, else 0
 *   <li>{@code lora.L.SITE.a}, {@code lora.L.SITE.b}: see {@link LoraMatMuls}
 * </ul>
 *
 * Output: {@code logits [rows, vocabulary]}.
 */
final class TransformerGraph {
  private final RowMode mode;
  private final ModelConfig config;
  private final GraphWeights weights;
  private final GraphBuilder graph = new GraphBuilder();
  private final LoraMatMuls lora;

  TransformerGraph(ModelConfig config, GraphWeights weights, RowMode mode) {
    this.mode = mode;
    this.config = config;
    this.weights = weights;
    this.lora = new LoraMatMuls(graph, config, mode);
  }

  ModelProto build(Map<String, String> metadata) throws IOException {
    declareInputs();
    String hidden =
        graph.node(
            "embedding",
            "Gather",
            List.of(graph.initializer(weights.embedding()), "flat_ids"),
            Map.of());
    String normed =
        graph.node(
            "layer.0.input_norm",
            "SimplifiedLayerNormalization",
            List.of(hidden, norm("model.layers.0.input_layernorm")),
            Map.of("epsilon", epsilon(), "axis", -1, "stash_type", 1));
    for (int layer = 0; layer < config.layers(); layer++) {
      String attended = attention(layer, normed);
      Residual afterAttention =
          skipNorm(
              "layer." + layer + ".post_norm",
              hidden,
              attended,
              "model.layers." + layer + ".post_attention_layernorm");
      String fed = feedForward(layer, afterAttention.normed());
      boolean last = layer == config.layers() - 1;
      Residual afterBlock =
          skipNorm(
              last ? "final_norm" : "layer." + (layer + 1) + ".input_norm",
              afterAttention.sum(),
              fed,
              last ? "model.norm" : "model.layers." + (layer + 1) + ".input_layernorm");
      hidden = afterBlock.sum();
      normed = afterBlock.normed();
    }
    head(normed);
    return graph.build(metadata);
  }

  private void declareInputs() {
    graph.input("input_ids", DataType.INT64, GraphBuilder.shape("batch", "sequence"));
    graph.input("seqlens_k", DataType.INT32, GraphBuilder.shape("batch"));
    graph.input("total_sequence_length", DataType.INT32, GraphBuilder.shape());
    graph.input("logit_rows", DataType.INT64, GraphBuilder.shape("rows"));
    graph.node("flat_ids", "Reshape", List.of("input_ids", graph.constant("flat", -1)), Map.of());
    // The attention needs [batch, sequence, width]; width is the only unknown, hence -1.
    graph.node("ids_shape", "Shape", List.of("input_ids"), Map.of());
    graph.node(
        "packed_shape",
        "Concat",
        List.of("ids_shape", graph.constant("width", -1)),
        Map.of("axis", 0));
    graph.constant("flat_rows", -1, (long) config.heads() * config.headDim());
    lora.declare();
  }

  private String attention(int layer, String input) throws IOException {
    String name = "layer." + layer + ".attention";
    String qkv = linear(LoraTarget.QKV, layer, input);
    String packed = graph.node(name + ".packed", "Reshape", List.of(qkv, "packed_shape"), Map.of());
    Object[] kv = {"batch", config.kvHeads(), "slot_length", config.headDim()};
    for (String side : List.of("key", "value")) {
      graph.input(past(layer, side), DataType.FLOAT, GraphBuilder.shape(kv));
      graph.output(present(layer, side), DataType.FLOAT, GraphBuilder.shape(kv));
    }
    graph.node(
        name,
        "GroupQueryAttention",
        GraphBuilder.MICROSOFT,
        List.of(
            packed,
            "",
            "",
            past(layer, "key"),
            past(layer, "value"),
            "seqlens_k",
            "total_sequence_length",
            weights.cosines(graph),
            weights.sines(graph)),
        List.of(name, present(layer, "key"), present(layer, "value")),
        Map.of(
            "num_heads",
            config.heads(),
            "kv_num_heads",
            config.kvHeads(),
            "do_rotary",
            1,
            "rotary_interleaved",
            0,
            "scale",
            (float) (1 / Math.sqrt(config.headDim()))));
    String flat = graph.node(name + ".flat", "Reshape", List.of(name, "flat_rows"), Map.of());
    return linear(LoraTarget.O, layer, flat);
  }

  private static String past(int layer, String side) {
    return "past." + layer + "." + side;
  }

  private static String present(int layer, String side) {
    return "present." + layer + "." + side;
  }

  /** SwiGLU (Shazeer 2020): {@code down(silu(gate(x)) * up(x))}. */
  private String feedForward(int layer, String input) throws IOException {
    String name = "layer." + layer + ".mlp";
    List<String> gateUp = gateAndUp(layer, input);
    // QuickGelu with alpha 1 is x * sigmoid(x)
    graph.node(
        name + ".silu",
        "QuickGelu",
        GraphBuilder.MICROSOFT,
        List.of(gateUp.get(0)),
        List.of(name + ".silu"),
        Map.of("alpha", 1f));
    String gated =
        graph.node(name + ".gated", "Mul", List.of(name + ".silu", gateUp.get(1)), Map.of());
    return linear(LoraTarget.DOWN, layer, gated);
  }

  private List<String> gateAndUp(int layer, String input) throws IOException {
    LoraTarget site = LoraTarget.GATE_UP;
    return switch (mode) {
      case PER_ROW -> halves(linear(site, layer, input));
      case BATCHED -> lora.addSplit(site, layer, input, halves(base(site, layer, input)));
    };
  }

  /** Splits {@code [N, gate and up]}. */
  private List<String> halves(String both) {
    List<String> parts = List.of(both + ".gate", both + ".up");
    graph.node(both + ".split", "Split", "", List.of(both), parts, Map.of("axis", -1));
    return parts;
  }

  private static List<String> modules(LoraTarget site, int layer) {
    return site.modules().stream().map(module -> LoraTarget.moduleName(layer, module)).toList();
  }

  /** Adds {@code x W + (mask * (x A)) B} for all modules of a site. */
  private String linear(LoraTarget site, int layer, String input) throws IOException {
    return lora.add(site, layer, input, base(site, layer, input));
  }

  private String base(LoraTarget site, int layer, String input) throws IOException {
    GraphWeights.LayerInput layerInput = weights.layerInput(graph, site, layer, input);
    return weights.linear(graph, site.nodePrefix(layer), layerInput, modules(site, layer));
  }

  private record Residual(String normed, String sum) {}

  private Residual skipNorm(String name, String input, String skip, String weight)
      throws IOException {
    String sum = name + ".sum";
    graph.node(
        name,
        "SkipSimplifiedLayerNormalization",
        GraphBuilder.MICROSOFT,
        List.of(input, skip, norm(weight)),
        List.of(name, "", "", sum),
        Map.of("epsilon", epsilon()));
    return new Residual(name, sum);
  }

  private String norm(String name) throws IOException {
    return graph.initializer(weights.vector(name + ".weight"));
  }

  private Float epsilon() {
    return (float) config.rmsNormEpsilon();
  }

  private void head(String normed) throws IOException {
    String rows =
        graph.node("head_rows", "Gather", List.of(normed, "logit_rows"), Map.of("axis", 0));
    weights.head(graph, "logits", rows);
    graph.output("logits", DataType.FLOAT, GraphBuilder.shape("rows", config.vocabularySize()));
  }
}
