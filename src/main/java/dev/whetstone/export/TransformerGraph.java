package dev.whetstone.export;

import dev.whetstone.export.onnx.ModelProto;
import dev.whetstone.export.onnx.TensorProto.DataType;
import dev.whetstone.policy.LoraSite;
import dev.whetstone.weights.ModelConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The decoder of the Llama family as an ONNX graph: RMS norms fused with the residual sums,
 * grouped-query attention with rotary embedding inside, SwiGLU, and at every linear layer of a
 * block a LoRA product whose factors are run inputs.
 *
 * <p>Inputs, with B sequences of S tokens, N = B * S rows and total LoRA rank R of all versions in
 * the run:
 *
 * <ul>
 *   <li>{@code input_ids [B, S]} int64, {@code seqlens_k [B]} int32 (tokens held after the run,
 *       minus one), {@code total_sequence_length} int32 scalar (the largest of them, plus one)
 *   <li>{@code past.L.key|value [B, kv_heads, slot_length, head_dim]}, returned as {@code
 *       present.L.key|value}
 *   <li>{@code logit_rows [rows]} int64: which of the N rows the head is computed for
 *   <li>{@code rank_mask [N or 1, R]}: 1 where a rank belongs to the row's version, else 0
 *   <li>{@code lora.L.SITE.a [modules * R, in]}, {@code lora.L.SITE.b [modules * R, out]} with
 *       twice the scaled B; for gate and up, B is one input each, {@code [R, out]}
 * </ul>
 *
 * Output: {@code logits [rows, vocabulary]}.
 */
final class TransformerGraph {
  /**
   * Half, with B doubled: at a factor of 1 the runtime multiplies a single row by another kernel,
   * which rounds differently, and a row would depend on whether it is alone.
   */
  private static final float HALF = 0.5f;

  /** How rows are multiplied with the A factors of the adapters. */
  enum Rows {
    /**
     * Each by a product of its own, so that its bits depend neither on how many other rows there
     * are nor on the ranks of their versions.
     */
    ONE_BY_ONE,

    /** All in one product, the faster way for the many rows of a prompt. */
    TOGETHER
  }

  private final Rows rows;
  private final ModelConfig config;
  private final GraphWeights weights;
  private final GraphBuilder graph = new GraphBuilder();

  TransformerGraph(ModelConfig config, GraphWeights weights, Rows rows) {
    this.rows = rows;
    this.config = config;
    this.weights = weights;
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
    graph.input("rank_mask", DataType.FLOAT, GraphBuilder.shape("mask_rows", "rank"));
    graph.node("flat_ids", "Reshape", List.of("input_ids", graph.constant("flat", -1)), Map.of());
    // the attention needs [batch, sequence, width]; the width is never ambiguous, so -1 stands for
    // it
    graph.node("ids_shape", "Shape", List.of("input_ids"), Map.of());
    graph.node(
        "packed_shape",
        "Concat",
        List.of("ids_shape", graph.constant("width", -1)),
        Map.of("axis", 0));
    graph.constant("flat_rows", -1, (long) config.heads() * config.headDim());
    declareMasks();
  }

  private void declareMasks() {
    int rankAxis = 1;
    if (rows == Rows.ONE_BY_ONE) {
      graph.constant("column", 2);
      graph.node(mask(1), "Unsqueeze", List.of("rank_mask", "column"), Map.of());
    }
    for (LoraSite site : LoraSite.values()) {
      int modules = site.modules().size();
      if (modules > 1) {
        List<String> copies = Collections.nCopies(modules, mask(1));
        graph.node(mask(modules), "Concat", copies, Map.of("axis", rankAxis));
      }
    }
  }

  /** {@code [rows, modules * R]}, or {@code [rows, modules * R, 1]} for rows one by one. */
  private String mask(int modules) {
    String name = rows == Rows.ONE_BY_ONE ? "rank_column" : "rank_mask";
    return modules == 1 ? name : name + "." + modules;
  }

  private String attention(int layer, String input) throws IOException {
    String name = "layer." + layer + ".attention";
    String qkv = linear(LoraSite.QKV, layer, input);
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
    return linear(LoraSite.O, layer, flat);
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
    return linear(LoraSite.DOWN, layer, gated);
  }

  /**
   * Gate and up share one product with A, but not one with B: stacked, half of B would be zeroes,
   * and at one row reading B is what the product costs.
   */
  private List<String> gateAndUp(int layer, String input) throws IOException {
    LoraSite site = LoraSite.GATE_UP;
    GraphWeights.Rows read = weights.rows(graph, site, layer, input);
    String down = loraDown(site, layer, input);
    List<String> parts = List.of(down + ".gate", down + ".up");
    graph.node(down + ".split", "Split", "", List.of(down), parts, Map.of("axis", -1));
    List<String> outputs = new ArrayList<>();
    for (int m = 0; m < site.modules().size(); m++) {
      String module = LoraSite.module(layer, site.modules().get(m));
      String base = weights.linear(graph, module, read, List.of(module));
      String b = site.inputB(layer, m);
      graph.input(b, DataType.FLOAT, GraphBuilder.shape("rank_b", weights.outputSize(module)));
      outputs.add(loraUp(module, parts.get(m), b, base));
    }
    return outputs;
  }

  /** {@code x W + (mask * (x A)) B} for all modules of a site at once. */
  private String linear(LoraSite site, int layer, String input) throws IOException {
    String name = site.node(layer);
    List<String> modules =
        site.modules().stream().map(module -> LoraSite.module(layer, module)).toList();
    String base = weights.linear(graph, name, weights.rows(graph, site, layer, input), modules);
    int out = modules.stream().mapToInt(weights::outputSize).sum();
    String masked = loraDown(site, layer, input);
    String b =
        graph.input(site.inputB(layer, 0), DataType.FLOAT, GraphBuilder.shape("rank_b", out));
    return loraUp(name, masked, b, base);
  }

  private String loraUp(String name, String masked, String b, String base) {
    return graph.node(name + ".lora", "Gemm", List.of(masked, b, base), Map.of("alpha", HALF));
  }

  /** {@code mask * (x A)}. */
  private String loraDown(LoraSite site, int layer, String input) {
    String name = site.node(layer);
    String mask = mask(site.modules().size());
    int in = weights.inputSize(LoraSite.module(layer, site.modules().getFirst()));
    String a = graph.input(site.inputA(layer), DataType.FLOAT, GraphBuilder.shape("rank_a", in));
    return switch (rows) {
      case TOGETHER -> {
        String down = graph.node(name + ".lora_a", "Gemm", List.of(input, a), Map.of("transB", 1));
        yield graph.node(name + ".lora_masked", "Mul", List.of(down, mask), Map.of());
      }
      case ONE_BY_ONE -> {
        String column =
            graph.node(name + ".column", "Unsqueeze", List.of(input, "column"), Map.of());
        String down = graph.node(name + ".lora_a", "MatMul", List.of(a, column), Map.of());
        String masked = graph.node(name + ".lora_masked", "Mul", List.of(down, mask), Map.of());
        yield graph.node(name + ".lora_row", "Flatten", List.of(masked), Map.of());
      }
    };
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
