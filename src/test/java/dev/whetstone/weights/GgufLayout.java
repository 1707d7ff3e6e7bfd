package dev.whetstone.weights;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes a model as llama.cpp's convert_hf_to_gguf.py lays its architecture out, in float32. */
public final class GgufLayout {
  private static final Map<String, String> BLOCK =
      Map.ofEntries(
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("self_attn.q_norm", "attn_q_norm"),
          Map.entry("self_attn.k_norm", "attn_k_norm"),
          Map.entry("mlp.gate", "ffn_gate_inp"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("pre_feedforward_layernorm", "ffn_norm"),
          Map.entry("post_feedforward_layernorm", "post_ffw_norm"));
  private static final List<String> EXPERTS = List.of("gate_proj", "up_proj", "down_proj");
  private static final Set<String> PAIRED = Set.of("llama", "granite", "smollm3");

  private final ModelConfig config;
  private final Tensors model;
  private final String architecture;
  private final GgufBytes file;

  private GgufLayout(ModelConfig config, Tensors model) {
    this.config = config;
    this.model = model;
    this.architecture =
        switch (config.architecture()) {
          case "gemma3_text" -> "gemma3";
          case "mixtral" -> "llama";
          case "qwen3_moe" -> "qwen3moe";
          default -> config.architecture();
        };
    this.file = GgufBytes.model(config, architecture);
  }

  /** The file of a model with canonical tensor names. */
  public static GgufBytes of(ModelConfig config, Tensors model) {
    GgufLayout layout = new GgufLayout(config, model);
    layout.settings();
    for (String name : model.names()) {
      if (!name.startsWith("model.layers.")) {
        layout.tensor(global(name), name);
      }
    }
    for (int i = 0; i < config.layers(); i++) {
      layout.layer("model.layers." + i + ".", "blk." + i + ".");
    }
    return layout.file;
  }

  private static String global(String name) {
    return switch (name) {
      case "model.embed_tokens.weight" -> "token_embd.weight";
      case "model.norm.weight" -> "output_norm.weight";
      default -> "output.weight";
    };
  }

  private void settings() {
    DecoderDesign design = config.design();
    if (config.headDim() != config.hiddenSize() / config.heads()) {
      file.number(architecture + ".attention.key_length", config.headDim());
    }
    int window = config.windows().stream().mapToInt(Integer::intValue).max().orElse(0);
    if (window > 0) {
      file.number(architecture + ".attention.sliding_window", window);
    }
    if (architecture.equals("granite")) {
      file.decimal("granite.embedding_scale", (float) design.embeddingMultiplier());
      file.decimal("granite.residual_scale", (float) design.residualMultiplier());
      file.decimal("granite.logit_scale", (float) (1 / design.logitMultiplier()));
      file.decimal("granite.attention.scale", (float) design.attentionScale());
    }
    DecoderDesign.Experts experts = design.experts();
    if (experts != null) {
      file.number(architecture + ".expert_count", experts.count());
      file.number(architecture + ".expert_used_count", experts.chosen());
      file.number(architecture + ".expert_feed_forward_length", config.intermediateSize());
    }
    if (architecture.equals("gemma2")) {
      file.decimal("gemma2.attn_logit_softcapping", (float) design.attentionCap());
      file.decimal("gemma2.final_logit_softcapping", (float) design.logitCap());
    }
  }

  private void layer(String from, String to) {
    boolean fused = config.design().fused();
    for (String name : model.names()) {
      if (name.startsWith(from)
          && !name.contains(".experts.")
          && !(fused && name.matches(".*(q|k|v|gate|up)_proj.*"))) {
        String rest = name.substring(from.length());
        String module = rest.substring(0, rest.lastIndexOf('.'));
        String kind = rest.substring(rest.lastIndexOf('.'));
        tensor(to + place(module) + kind, name);
      }
    }
    for (String module : config.design().experts() == null ? List.<String>of() : EXPERTS) {
      experts(to + BLOCK.get("mlp." + module) + "_exps.weight", from, module);
    }
    if (fused) {
      stacked(
          to + "attn_qkv.weight", from, "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");
      stacked(to + "ffn_up.weight", from, "mlp.gate_proj", "mlp.up_proj");
    }
  }

  /** Tensors of all experts, one behind the other. */
  private void experts(String as, String from, String module) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String name = from + "mlp.experts.%d." + module + ".weight";
    int count = 0;
    for (; model.names().contains(name.formatted(count)); count++) {
      bytes.writeBytes(GgufBytes.floats(model.read(name.formatted(count))));
    }
    long[] one = model.shape(name.formatted(0));
    file.tensor(as, 0, bytes.toByteArray(), count, one[0], one[1]);
  }

  private void stacked(String as, String from, String... modules) {
    int rows = 0;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String module : modules) {
      bytes.writeBytes(GgufBytes.floats(model.read(from + module + ".weight")));
      rows += (int) model.shape(from + module + ".weight")[0];
    }
    file.tensor(as, 0, bytes.toByteArray(), rows, config.hiddenSize());
  }

  private String place(String module) {
    if (module.equals("post_attention_layernorm")) {
      return config.design().norms() == DecoderDesign.NormPlacement.BEFORE
          ? "ffn_norm"
          : "post_attention_norm";
    }
    return BLOCK.getOrDefault(module, module);
  }

  private void tensor(String as, String name) {
    float[] values = model.read(name).clone();
    boolean norm = name.endsWith("norm.weight");
    for (int i = 0; i < values.length && norm; i++) {
      values[i] += (float) config.design().normOffset();
    }
    if (PAIRED.contains(architecture) && name.matches(".*[qk]_proj.*")) {
      values = pairsSideBySide(values, (int) model.shape(name)[1]);
    }
    file.tensor(as, 0, GgufBytes.floats(values), model.shape(name));
  }

  private float[] pairsSideBySide(float[] rows, int width) {
    int head = config.headDim();
    float[] permuted = new float[rows.length];
    for (int row = 0; row < rows.length / width; row++) {
      int i = row % head;
      int to = row - i + (i < head / 2 ? 2 * i : 2 * (i - head / 2) + 1);
      System.arraycopy(rows, row * width, permuted, to * width, width);
    }
    return permuted;
  }
}
