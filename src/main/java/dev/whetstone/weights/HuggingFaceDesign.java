package dev.whetstone.weights;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.weights.DecoderDesign.Activation;
import dev.whetstone.weights.DecoderDesign.Experts;
import dev.whetstone.weights.DecoderDesign.Layer;
import dev.whetstone.weights.DecoderDesign.NormPlacement;
import dev.whetstone.weights.DecoderDesign.QueryKeyNorm;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** The designs of the architectures that config.json names, as Transformers implements them. */
final class HuggingFaceDesign {
  static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";
  private static final double GEMMA_LOCAL_THETA = 10_000;

  /** Values of model_type. */
  static final Set<String> ARCHITECTURES =
      new TreeSet<>(
          Set.of(
              "llama",
              "mistral",
              "mixtral",
              "qwen2",
              "qwen3",
              "qwen3_moe",
              "gemma2",
              "gemma3_text",
              "phi3",
              "granite",
              "olmo2",
              "smollm3"));

  private static final Set<String> WITHOUT_WINDOW = Set.of("llama", "granite", "olmo2");

  private HuggingFaceDesign() {}

  static boolean isGemma(String architecture) {
    return architecture.startsWith("gemma");
  }

  /**
   * Reads what differs from Llama.
   *
   * @param rope of the layers that have no other
   */
  static DecoderDesign read(ConfigFields config, String architecture, Rope rope) {
    DecoderDesign.Builder design = DecoderDesign.builder();
    switch (architecture) {
      case "qwen3" -> design.queryKeyNorm = QueryKeyNorm.HEADS;
      case "olmo2" -> {
        design.norms = NormPlacement.AFTER;
        design.queryKeyNorm = QueryKeyNorm.WHOLE;
      }
      case "gemma2", "gemma3_text" -> {
        gemma(config, design);
        design.queryKeyNorm =
            architecture.equals("gemma2") ? QueryKeyNorm.NONE : QueryKeyNorm.HEADS;
      }
      case "granite" -> {
        design.embeddingMultiplier = config.optionalDecimal("embedding_multiplier").orElse(1);
        design.attentionScale = config.optionalDecimal("attention_multiplier").orElse(1);
        design.residualMultiplier = config.optionalDecimal("residual_multiplier").orElse(1);
        design.logitMultiplier = 1 / config.optionalDecimal("logits_scaling").orElse(1);
      }
      case "phi3" -> design.fused = true;
      case "mixtral" -> design.experts = experts(config, true);
      case "qwen3_moe" -> {
        design.queryKeyNorm = QueryKeyNorm.HEADS;
        config.refuseUnless("mlp_only_layers", config.node("mlp_only_layers").isEmpty());
        config.refuseUnless(
            "decoder_sparse_step", config.optionalInteger("decoder_sparse_step").orElse(1) == 1);
        design.experts = experts(config, config.flag("norm_topk_prob", false));
      }
      default -> {}
    }
    String activation =
        config.text(
            "hidden_activation", config.text("hidden_act", isGemma(architecture) ? "" : "silu"));
    boolean gelu = isGemma(architecture);
    String served = gelu ? "gelu_pytorch_tanh" : "silu";
    if (!activation.equals(served) && !(gelu && activation.isEmpty())) {
      throw new ModelFormatException(
          "config.json: hidden_act = %s is not served for %s, %s is"
              .formatted(activation, architecture, served));
    }
    design.layers = layers(config, architecture, rope);
    return design.build();
  }

  private static Experts experts(ConfigFields config, boolean normalised) {
    String count = config.has("num_experts") ? "num_experts" : "num_local_experts";
    return new Experts(config.integer(count), config.integer("num_experts_per_tok"), normalised);
  }

  /** The field with the inner size of an MLP, or of an expert. */
  static String intermediateSize(String architecture) {
    return architecture.equals("qwen3_moe") ? "moe_intermediate_size" : "intermediate_size";
  }

  private static void gemma(ConfigFields config, DecoderDesign.Builder design) {
    design.norms = NormPlacement.AROUND;
    design.normOffset = 1;
    design.activation = Activation.GELU_TANH;
    config.refuseUnless(
        "use_bidirectional_attention", !config.flag("use_bidirectional_attention", false));
    design.attentionScale =
        1 / Math.sqrt(config.optionalDecimal("query_pre_attn_scalar").orElse(256));
    design.attentionCap = config.optionalDecimal("attn_logit_softcapping").orElse(0);
    design.logitCap = config.optionalDecimal("final_logit_softcapping").orElse(0);
    design.embeddingMultiplier = (float) Math.sqrt(config.integer("hidden_size"));
  }

  private static List<Layer> layers(ConfigFields config, String architecture, Rope rope) {
    int count = config.integer("num_hidden_layers");
    if (count > 10_000) {
      throw new ModelFormatException("config.json: num_hidden_layers is " + count);
    }
    int context = HuggingFaceRope.context(config);
    int window = config.optionalInteger("sliding_window").orElse(0);
    boolean used =
        window > 0 && config.flag("use_sliding_window", !architecture.startsWith("qwen"));
    if (used && WITHOUT_WINDOW.contains(architecture)) {
      config.refuseUnless("sliding_window", window >= context);
      used = false;
    }
    Rope local = localRope(config, architecture, rope);
    List<Layer> layers = new ArrayList<>();
    for (int layer = 0; layer < count; layer++) {
      boolean windowed = used && isWindowed(config, architecture, layer);
      layers.add(
          new Layer(
              windowed && window < context ? window : 0,
              isRotated(config, architecture, layer) ? windowed ? local : rope : null));
    }
    Layer plain = new Layer(0, rope);
    return layers.stream().allMatch(plain::equals) ? List.of() : layers;
  }

  private static Rope localRope(ConfigFields config, String architecture, Rope rope) {
    if (!architecture.equals("gemma3_text")) {
      return rope;
    }
    return config.object("rope_parameters").has(SLIDING)
        ? HuggingFaceRope.read(config, SLIDING)
        : new Rope(config.optionalDecimal("rope_local_base_freq").orElse(GEMMA_LOCAL_THETA), null);
  }

  private static boolean isWindowed(ConfigFields config, String architecture, int layer) {
    if (config.has("layer_types")) {
      String type = config.node("layer_types").path(layer).asText();
      if (!type.equals(FULL) && !type.equals(SLIDING)) {
        throw new ModelFormatException("config.json: layer_types holds '" + type + "'");
      }
      return type.equals(SLIDING);
    }
    return switch (architecture) {
      case "gemma2" -> layer % 2 == 0;
      case "gemma3_text" -> {
        int pattern =
            config
                .optionalInteger("sliding_window_pattern")
                .orElse(config.optionalInteger("_sliding_window_pattern").orElse(6));
        yield (layer + 1) % pattern != 0;
      }
      case "qwen2", "qwen3" ->
          layer >= config.optionalInteger("max_window_layers").orElse(Integer.MAX_VALUE);
      default -> true;
    };
  }

  private static boolean isRotated(ConfigFields config, String architecture, int layer) {
    if (!architecture.equals("smollm3")) {
      return true;
    }
    return config.has("no_rope_layers")
        ? config.node("no_rope_layers").path(layer).asInt(1) == 1
        : (layer + 1) % config.optionalInteger("no_rope_layer_interval").orElse(4) != 0;
  }

  /** Writes what {@link #read} reads. */
  static void write(ObjectNode root, ModelConfig config) {
    DecoderDesign design = config.design();
    switch (config.architecture()) {
      case "gemma2", "gemma3_text" -> {
        root.put("hidden_activation", "gelu_pytorch_tanh");
        double scale = config.attentionScale();
        root.put("query_pre_attn_scalar", Math.rint(1e6 / (scale * scale)) / 1e6);
        putUnlessZero(root, "attn_logit_softcapping", design.attentionCap());
        putUnlessZero(root, "final_logit_softcapping", design.logitCap());
      }
      case "granite" -> {
        root.put("embedding_multiplier", design.embeddingMultiplier());
        root.put("attention_multiplier", config.attentionScale());
        root.put("residual_multiplier", design.residualMultiplier());
        root.put("logits_scaling", 1 / design.logitMultiplier());
      }
      default -> {}
    }
    Experts experts = design.experts();
    if (experts != null) {
      root.put(
          config.architecture().equals("mixtral") ? "num_local_experts" : "num_experts",
          experts.count());
      root.put("num_experts_per_tok", experts.chosen());
      root.put("norm_topk_prob", experts.normalised());
    }
    writeRopes(root, config);
    writeLayers(root, config);
  }

  private static void putUnlessZero(ObjectNode root, String field, double value) {
    if (value > 0) {
      root.put(field, value);
    } else {
      root.putNull(field);
    }
  }

  private static void writeRopes(ObjectNode root, ModelConfig config) {
    ObjectNode parameters = root.putObject("rope_parameters");
    if (config.architecture().equals("gemma3_text")) {
      for (String kind : List.of(FULL, SLIDING)) {
        HuggingFaceRope.write(
            parameters.putObject(kind), rope(config, kind.equals(SLIDING)), config.contextLength());
      }
    } else {
      HuggingFaceRope.write(parameters, config.rope(), config.contextLength());
    }
  }

  private static Rope rope(ModelConfig config, boolean windowed) {
    return IntStream.range(0, config.layers())
        .mapToObj(config::layer)
        .filter(layer -> layer.rope() != null && layer.window() > 0 == windowed)
        .map(Layer::rope)
        .findFirst()
        .orElse(windowed ? new Rope(GEMMA_LOCAL_THETA, null) : config.rope());
  }

  private static void writeLayers(ObjectNode root, ModelConfig config) {
    if (config.design().layers().isEmpty()) {
      return;
    }
    int window = config.design().layers().stream().mapToInt(Layer::window).max().orElse(0);
    // Windows as long as the context are none, but a layer's rope may tell its kind.
    ArrayNode types = root.putArray("layer_types");
    for (int i = 0; i < config.layers(); i++) {
      types.add(isLocal(config, i) ? SLIDING : FULL);
    }
    if (window > 0 || config.architecture().equals("gemma3_text")) {
      root.put("sliding_window", window > 0 ? window : config.contextLength());
      root.put("use_sliding_window", true);
    }
    if (config.architecture().equals("smollm3")) {
      ArrayNode rotated = root.putArray("no_rope_layers");
      config.design().layers().forEach(layer -> rotated.add(layer.rope() == null ? 0 : 1));
    }
  }

  private static boolean isLocal(ModelConfig config, int index) {
    Layer layer = config.layer(index);
    return layer.window() > 0
        || (config.architecture().equals("gemma3_text") && !config.rope().equals(layer.rope()));
  }
}
