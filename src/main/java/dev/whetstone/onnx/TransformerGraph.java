package dev.whetstone.onnx;

import dev.whetstone.lora.LoraTarget;
import dev.whetstone.onnx.LoraMatMuls.RowMode;
import dev.whetstone.onnx.proto.ModelProto;
import dev.whetstone.onnx.proto.TensorProto.DataType;
import dev.whetstone.weights.DecoderDesign;
import dev.whetstone.weights.DecoderDesign.NormPlacement;
import dev.whetstone.weights.DecoderDesign.QueryKeyNorm;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Rope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A decoder as an ONNX graph: RMS norms fused with the residual sums, grouped-query attention that
 * applies the rotary embedding, a gated MLP, and at every linear layer of a block a LoRA product
 * whose factors are inputs of the run.
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
  private final DecoderDesign design;
  private final NormPlacement norms;

  TransformerGraph(ModelConfig config, GraphWeights weights, RowMode mode) {
    this.mode = mode;
    this.config = config;
    this.design = config.design();
    this.norms = design.norms();
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
    if (design.embeddingMultiplier() != 1) {
      hidden = scaled("embedding.scaled", hidden, design.embeddingMultiplier());
    }
    String input = beforeFirst(hidden);
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "layer." + layer;
      String attended = attention(layer, input);
      attended =
          added(prefix + ".attention_added", attended, inBlock(layer, norms.afterAttention()));
      Residual afterAttention =
          join(prefix + ".post_norm", hidden, attended, inBlock(layer, norms.beforeMlp()));
      String fed = feedForward(layer, afterAttention.normed());
      fed = added(prefix + ".mlp_added", fed, inBlock(layer, norms.afterMlp()));
      boolean last = layer == config.layers() - 1;
      Residual afterBlock =
          join(
              last ? "final_norm" : "layer." + (layer + 1) + ".input_norm",
              afterAttention.sum(),
              fed,
              last ? "model.norm" : inBlock(layer + 1, norms.beforeAttention()));
      hidden = afterBlock.sum();
      input = afterBlock.normed();
    }
    head(input);
    return graph.build(metadata);
  }

  private static @Nullable String inBlock(int layer, @Nullable String norm) {
    return norm == null ? null : "model.layers." + layer + "." + norm;
  }

  private String beforeFirst(String hidden) throws IOException {
    String norm = inBlock(0, norms.beforeAttention());
    return norm == null ? hidden : normed("layer.0.input_norm", hidden, norm);
  }

  private String normed(String name, String input, String norm) throws IOException {
    return graph.node(
        name,
        "SimplifiedLayerNormalization",
        List.of(input, norm(norm)),
        Map.of("epsilon", epsilon(), "axis", -1, "stash_type", 1));
  }

  private String scaled(String name, String input, double factor) {
    String constant = graph.scalar(name + ".factor", (float) factor);
    return graph.node(name, "Mul", List.of(input, constant), Map.of());
  }

  /** What attention or MLP adds to the residual stream: normed and scaled, where the model does. */
  private String added(String name, String input, @Nullable String norm) throws IOException {
    String added = norm == null ? input : normed(name + ".normed", input, norm);
    double multiplier = design.residualMultiplier();
    return multiplier == 1 ? added : scaled(name, added, multiplier);
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
    if (design.queryKeyNorm() != QueryKeyNorm.NONE) {
      long query = (long) config.heads() * config.headDim();
      long kv = (long) config.kvHeads() * config.headDim();
      graph.constant("qkv_sizes", query, kv, kv);
    }
    if (design.queryKeyNorm() == QueryKeyNorm.HEADS) {
      graph.constant("per_head", -1, config.headDim());
    }
    lora.declare();
  }

  private String attention(int layer, String input) throws IOException {
    String name = "layer." + layer + ".attention";
    String qkv = linear(LoraTarget.QKV, layer, input);
    List<String> inputs = new ArrayList<>(attentionInputs(layer, name, qkv));
    Object[] kv = {"batch", config.kvHeads(), "slot_length", config.headDim()};
    for (String side : List.of("key", "value")) {
      graph.input(past(layer, side), DataType.FLOAT, GraphBuilder.shape(kv));
      graph.output(present(layer, side), DataType.FLOAT, GraphBuilder.shape(kv));
    }
    inputs.addAll(
        List.of(past(layer, "key"), past(layer, "value"), "seqlens_k", "total_sequence_length"));
    Map<String, Object> attributes = new HashMap<>();
    attributes.put("num_heads", config.heads());
    attributes.put("kv_num_heads", config.kvHeads());
    attributes.put("scale", (float) config.attentionScale());
    DecoderDesign.Layer kind = config.layer(layer);
    Rope rope = kind.rope();
    if (rope != null) {
      inputs.addAll(List.of(weights.cosines(graph, rope), weights.sines(graph, rope)));
      attributes.put("do_rotary", 1);
      attributes.put("rotary_interleaved", 0);
    }
    if (kind.window() > 0) {
      attributes.put("local_window_size", kind.window());
    }
    if (design.attentionCap() > 0) {
      attributes.put("softcap", (float) design.attentionCap());
    }
    graph.node(
        name,
        "GroupQueryAttention",
        GraphBuilder.MICROSOFT,
        inputs,
        List.of(name, present(layer, "key"), present(layer, "value")),
        attributes);
    String flat = graph.node(name + ".flat", "Reshape", List.of(name, "flat_rows"), Map.of());
    return linear(LoraTarget.O, layer, flat);
  }

  /** Queries, keys and values in one, or apart where queries and keys are normed. */
  private List<String> attentionInputs(int layer, String name, String qkv) throws IOException {
    QueryKeyNorm norm = design.queryKeyNorm();
    if (norm == QueryKeyNorm.NONE) {
      return List.of(packed(name + ".packed", qkv), "", "");
    }
    List<String> parts = List.of(name + ".q", name + ".k", name + ".v");
    graph.node(name + ".qkv", "Split", "", List.of(qkv, "qkv_sizes"), parts, Map.of("axis", -1));
    List<String> inputs = new ArrayList<>();
    for (String side : List.of("q", "k")) {
      String part = name + "." + side;
      String rows =
          norm == QueryKeyNorm.HEADS
              ? graph.node(part + ".heads", "Reshape", List.of(part, "per_head"), Map.of())
              : part;
      String weight = "model.layers." + layer + ".self_attn." + side + "_norm";
      inputs.add(packed(part + ".packed", normed(part + ".normed", rows, weight)));
    }
    inputs.add(packed(name + ".v.packed", name + ".v"));
    return inputs;
  }

  private String packed(String name, String rows) {
    return graph.node(name, "Reshape", List.of(rows, "packed_shape"), Map.of());
  }

  private static String past(int layer, String side) {
    return "past." + layer + "." + side;
  }

  private static String present(int layer, String side) {
    return "present." + layer + "." + side;
  }

  /** A gated MLP (Shazeer 2020): {@code down(f(gate(x)) * up(x))}. */
  private String feedForward(int layer, String input) throws IOException {
    if (design.experts() != null) {
      return new ExpertsGraph(graph, weights, config, design.experts()).add(layer, input);
    }
    String name = "layer." + layer + ".mlp";
    List<String> gateUp = gateAndUp(layer, input);
    return linear(LoraTarget.DOWN, layer, gated(graph, design, name, gateUp));
  }

  /** Adds {@code f(gate) * up}. */
  static String gated(GraphBuilder graph, DecoderDesign design, String name, List<String> gateUp) {
    String activated =
        switch (design.activation()) {
          // QuickGelu with alpha 1 is x * sigmoid(x)
          case SILU ->
              activated(graph, name + ".silu", "QuickGelu", gateUp.get(0), Map.of("alpha", 1f));
          case GELU_TANH -> activated(graph, name + ".gelu", "FastGelu", gateUp.get(0), Map.of());
        };
    return graph.node(name + ".gated", "Mul", List.of(activated, gateUp.get(1)), Map.of());
  }

  private static String activated(
      GraphBuilder graph, String name, String op, String gate, Map<String, Object> attributes) {
    return graph.node(name, op, GraphBuilder.MICROSOFT, List.of(gate), List.of(name), attributes);
  }

  private List<String> gateAndUp(int layer, String input) throws IOException {
    LoraTarget site = LoraTarget.GATE_UP;
    return switch (mode) {
      case PER_ROW -> halves(graph, linear(site, layer, input));
      case BATCHED -> lora.addSplit(site, layer, input, halves(graph, base(site, layer, input)));
    };
  }

  /** Splits {@code [N, gate and up]}. */
  static List<String> halves(GraphBuilder graph, String both) {
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

  /** Adds to the residual stream, and norms the sum for what reads it next. */
  private Residual join(String name, String input, String added, @Nullable String norm)
      throws IOException {
    String sum = name + ".sum";
    if (norm == null) {
      graph.node(sum, "Add", List.of(input, added), Map.of());
      return new Residual(sum, sum);
    }
    graph.node(
        name,
        "SkipSimplifiedLayerNormalization",
        GraphBuilder.MICROSOFT,
        List.of(input, added, norm(norm)),
        List.of(name, "", "", sum),
        Map.of("epsilon", epsilon()));
    return new Residual(name, sum);
  }

  private String norm(String name) throws IOException {
    return graph.initializer(weights.norm(name + ".weight"));
  }

  private Float epsilon() {
    return (float) config.rmsNormEpsilon();
  }

  private void head(String normed) throws IOException {
    String rows =
        graph.node("head_rows", "Gather", List.of(normed, "logit_rows"), Map.of("axis", 0));
    if (design.logitMultiplier() != 1) {
      rows = scaled("head_rows.scaled", rows, design.logitMultiplier());
    }
    double cap = design.logitCap();
    if (cap == 0) {
      weights.head(graph, "logits", rows);
    } else {
      weights.head(graph, "uncapped", rows);
      String part = scaled("uncapped.part", "uncapped", 1 / cap);
      scaled("logits", graph.node("capped", "Tanh", List.of(part), Map.of()), cap);
    }
    graph.output("logits", DataType.FLOAT, GraphBuilder.shape("rows", config.vocabularySize()));
  }
}
