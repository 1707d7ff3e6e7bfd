package dev.whetstone.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;

/** Says in the words of config.json what the metadata of a GGUF file say about its decoder. */
final class GgufConfig {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Names that differ from Transformers' model_type. */
  private static final Map<String, String> ARCHITECTURES =
      Map.of("gemma3", "gemma3_text", "qwen3moe", "qwen3_moe");

  /** Layers of the models of 27 billion parameters, which scale scores by their width. */
  private static final Map<String, Integer> SCALED_BY_WIDTH = Map.of("gemma2", 46, "gemma3", 62);

  private final GgufFile file;
  private final String name;
  private final ObjectNode root = JSON.createObjectNode();

  private GgufConfig(GgufFile file, String name) {
    this.file = file;
    this.name = name;
  }

  /** GGUF's name of an architecture. */
  static String gguf(String architecture) {
    for (var entry : ARCHITECTURES.entrySet()) {
      if (entry.getValue().equals(architecture)) {
        return entry.getKey();
      }
    }
    return architecture;
  }

  /**
   * The configuration of a file.
   *
   * @throws ModelFormatException naming what is missing or not supported
   */
  static ModelConfig of(GgufFile file) {
    String name =
        file.text("general.architecture")
            .orElseThrow(() -> new ModelFormatException("general.architecture is missing"));
    String architecture = architecture(file, name);
    ModelValidator.requireArchitecture(architecture);
    GgufConfig config = new GgufConfig(file, name);
    config.root.put("model_type", architecture);
    config.sizes();
    config.experts();
    config.multipliers();
    config.rope();
    return HuggingFaceConfig.of(new ConfigFields(config.root), EndTokens.of(file));
  }

  /** GGUF has no names of their own for Mistral, which has windows, and Mixtral. */
  private static String architecture(GgufFile file, String name) {
    if (!name.equals("llama")) {
      return ARCHITECTURES.getOrDefault(name, name);
    }
    if (file.number("llama.expert_count").filter(count -> count.intValue() > 0).isPresent()) {
      return "mixtral";
    }
    return file.number("llama.attention.sliding_window").isPresent() ? "mistral" : "llama";
  }

  private void experts() {
    integer("expert_count")
        .filter(count -> count > 0)
        .ifPresent(
            count -> {
              root.put("num_local_experts", count.intValue());
              root.put("num_experts_per_tok", file.requireInteger(key("expert_used_count")));
              root.put("norm_topk_prob", true);
              root.put(
                  "moe_intermediate_size",
                  integer("expert_feed_forward_length")
                      .orElse(root.path("intermediate_size").asInt()));
            });
  }

  private void sizes() {
    int hidden = file.requireInteger(key("embedding_length"));
    int heads = file.requireInteger(key("attention.head_count"));
    root.put("hidden_size", hidden);
    root.put("intermediate_size", file.requireInteger(key("feed_forward_length")));
    root.put("num_hidden_layers", file.requireInteger(key("block_count")));
    root.put("num_attention_heads", heads);
    root.put("num_key_value_heads", integer("attention.head_count_kv").orElse(heads));
    root.put("head_dim", integer("attention.key_length").orElse(hidden / Math.max(1, heads)));
    root.put("max_position_embeddings", file.requireInteger(key("context_length")));
    root.put(
        "rms_norm_eps",
        decimal("attention.layer_norm_rms_epsilon")
            .orElseThrow(
                () ->
                    new ModelFormatException(
                        key("attention.layer_norm_rms_epsilon") + " is missing")));
    root.put("vocab_size", vocabulary());
    root.put("tie_word_embeddings", !file.names().contains("output.weight"));
    file.number("tokenizer.ggml.bos_token_id")
        .ifPresent(id -> root.put("bos_token_id", id.intValue()));
    integer("attention.sliding_window")
        .ifPresent(window -> root.put("sliding_window", window.intValue()));
  }

  private int vocabulary() {
    if (!file.names().contains("token_embd.weight")) {
      throw new ModelFormatException("token_embd.weight is missing");
    }
    long[] shape = file.shape("token_embd.weight");
    if (shape.length != 2) {
      throw new ModelFormatException("token_embd.weight is not a matrix");
    }
    return (int) shape[0];
  }

  private void multipliers() {
    put("embedding_multiplier", "embedding_scale");
    put("residual_multiplier", "residual_scale");
    put("logits_scaling", "logit_scale");
    put("attention_multiplier", "attention.scale");
    put("attn_logit_softcapping", "attn_logit_softcapping");
    put("final_logit_softcapping", "final_logit_softcapping");
    int head = root.path("head_dim").asInt();
    boolean byWidth =
        SCALED_BY_WIDTH.getOrDefault(name, 0) == root.path("num_hidden_layers").asInt();
    root.put(
        "query_pre_attn_scalar",
        byWidth
            ? root.path("hidden_size").asInt() / root.path("num_attention_heads").asInt()
            : head);
  }

  private void put(String field, String key) {
    decimal(key).ifPresent(value -> root.put(field, value));
  }

  private void rope() {
    double theta = decimal("rope.freq_base").orElse(10_000.0);
    root.put("rope_theta", theta);
    int head = root.path("head_dim").asInt();
    integer("rope.dimension_count")
        .filter(rotated -> rotated != head)
        .ifPresent(rotated -> root.put("partial_rotary_factor", (double) rotated / head));
    ObjectNode scaling = root.putObject("rope_scaling");
    String type = file.text(key("rope.scaling.type")).orElse("none");
    integer("rope.scaling.original_context_length")
        .ifPresent(original -> scaling.put("original_max_position_embeddings", original));
    if (file.names().contains("rope_freqs.weight")) {
      divisors(scaling, "rope_freqs.weight", "rope_freqs.weight", 1);
    } else if (file.names().contains("rope_factors_short.weight")) {
      divisors(
          scaling,
          "rope_factors_short.weight",
          "rope_factors_long.weight",
          decimal("rope.scaling.attn_factor").orElse(1.0));
    } else if (!type.equals("none")) {
      scaling.put("rope_type", type);
      decimal("rope.scaling.factor").ifPresent(factor -> scaling.put("factor", factor));
    }
  }

  private void divisors(ObjectNode scaling, String first, String second, double attention) {
    scaling.put("rope_type", "longrope").put("attention_factor", attention);
    addTo(scaling.putArray("short_factor"), first);
    addTo(scaling.putArray("long_factor"), second);
  }

  private void addTo(ArrayNode array, String tensor) {
    if (!file.names().contains(tensor)) {
      throw new ModelFormatException(tensor + " is missing");
    }
    for (float divisor : file.read(tensor)) {
      array.add((double) divisor);
    }
  }

  private String key(String setting) {
    return name + "." + setting;
  }

  private Optional<Integer> integer(String setting) {
    return file.number(key(setting)).map(_ -> file.requireInteger(key(setting)));
  }

  /**
   * The shortest decimal of a float32, which is the original setting: GGUF stores 1e-5 as
   * 9.999999747e-6.
   */
  private Optional<Double> decimal(String setting) {
    return file.number(key(setting))
        .map(value -> Double.parseDouble(Float.toString(value.floatValue())));
  }
}
