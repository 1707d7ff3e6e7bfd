package dev.whetstone.weights;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A GGUF file as a model: canonical tensor names, the configuration, and the rows of q and k in the
 * order of the original weights.
 */
public final class GgufModel implements Tensors {
  private static final Map<String, String> GLOBAL =
      Map.of(
          "token_embd.weight", "model.embed_tokens.weight",
          "output_norm.weight", "model.norm.weight",
          "output.weight", "lm_head.weight");
  private static final Map<String, String> BLOCK =
      Map.ofEntries(
          Map.entry("attn_q", "self_attn.q_proj"),
          Map.entry("attn_k", "self_attn.k_proj"),
          Map.entry("attn_v", "self_attn.v_proj"),
          Map.entry("attn_output", "self_attn.o_proj"),
          Map.entry("attn_q_norm", "self_attn.q_norm"),
          Map.entry("attn_k_norm", "self_attn.k_norm"),
          Map.entry("attn_qkv", "self_attn.qkv_proj"),
          Map.entry("ffn_gate_inp", "mlp.gate"),
          Map.entry("ffn_gate", "mlp.gate_proj"),
          Map.entry("ffn_up", "mlp.up_proj"),
          Map.entry("ffn_down", "mlp.down_proj"));

  /** Tensors that the configuration has taken in. */
  private static final Set<String> ROPES =
      Set.of("rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight");

  /** Architectures whose rotary pairs ggml stores side by side. */
  private static final Set<String> PAIRED =
      Set.of("llama", "mistral", "mixtral", "granite", "smollm3");

  private static final Pattern BLOCK_NAME =
      Pattern.compile("blk\\.(\\d+)\\.(\\w+)\\.(weight|bias)");

  private static final Pattern EXPERT_NAME =
      Pattern.compile("blk\\.(\\d+)\\.ffn_(gate|up|down)\\.(\\d+)\\.weight");

  private static final Pattern LINEAR_NAME =
      Pattern.compile("model\\.layers\\.(\\d+)\\.(\\w+\\.\\w+_proj)\\.weight");

  private final GgufFile file;
  private final ModelConfig config;
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final FusedParts fused;

  /**
   * Maps the names of a file and checks its tensors.
   *
   * @param file closed with this model
   * @throws ModelFormatException for unsupported architectures and features
   */
  public GgufModel(GgufFile file) {
    this.file = file;
    this.config = GgufConfig.of(file);
    if (config.design().experts() != null) {
      unstackExperts(config.layers(), config.design().experts().count());
    }
    for (String name : file.names()) {
      if (!ROPES.contains(name)) {
        sources.put(canonical(name), name);
      }
    }
    this.fused = config.design().fused() ? FusedParts.cut(config, sources) : FusedParts.none();
    ModelValidator.check(config, this);
  }

  /** Files of some years ago have an expert's matrices each by itself, later ones a stack. */
  private void unstackExperts(int layers, int experts) {
    for (int layer = 0; layer < layers; layer++) {
      for (String module : List.of("ffn_gate", "ffn_up", "ffn_down")) {
        String part = "blk." + layer + "." + module;
        String stack = part + "_exps.weight";
        if (file.names().contains(stack) && file.shape(stack).length == 3) {
          file.unstack(
              stack,
              IntStream.range(0, experts)
                  .mapToObj(expert -> List.of(part + "." + expert + ".weight"))
                  .toList());
        }
      }
    }
  }

  private String canonical(String name) {
    Matcher expert = EXPERT_NAME.matcher(name);
    if (expert.matches() && config.design().experts() != null) {
      return "model.layers.%s.mlp.experts.%s.%s_proj.weight"
          .formatted(expert.group(1), expert.group(3), expert.group(2));
    }
    Matcher block = BLOCK_NAME.matcher(name);
    if (block.matches()) {
      String place = inBlock(block.group(2));
      if (place != null) {
        return "model.layers.%s.%s.%s".formatted(block.group(1), place, block.group(3));
      }
    }
    String global = GLOBAL.get(name);
    if (global == null) {
      throw new ModelFormatException(
          "tensor %s has no place in a %s model".formatted(name, config.architecture()));
    }
    return global;
  }

  private @Nullable String inBlock(String name) {
    DecoderDesign.NormPlacement norms = config.design().norms();
    return switch (name) {
      case "attn_norm" -> norms.beforeAttention();
      case "post_attention_norm" -> norms.afterAttention();
      case "ffn_norm" -> norms.beforeMlp();
      case "post_ffw_norm" -> norms.afterMlp();
      case "ffn_up" -> config.design().fused() ? "mlp.gate_up_proj" : BLOCK.get(name);
      default -> BLOCK.get(name);
    };
  }

  /** The licence that the file's metadata name. */
  public Optional<String> licence() {
    return file.text("general.license");
  }

  public ModelConfig config() {
    return config;
  }

  @Override
  public Set<String> names() {
    return sources.keySet();
  }

  @Override
  public long[] shape(String name) {
    long[] stored = file.shape(Tensors.require(sources, name));
    FusedParts.Part part = fused.of(name);
    return part == null ? stored : FusedParts.shape(name, part, stored);
  }

  @Override
  public float[] read(String name) {
    String source = Tensors.require(sources, name);
    FusedParts.Part part = fused.of(name);
    if (part != null) {
      return file.readRows(source, part.first(), part.rows());
    }
    float[] values = inOrder(name, file.read(source));
    // ggml stores what the norm multiplies with, the offset included.
    float offset = name.endsWith("norm.weight") ? (float) config.design().normOffset() : 0;
    for (int i = 0; i < values.length && offset != 0; i++) {
      values[i] -= offset;
    }
    return values;
  }

  @Override
  public float[] readRows(String name, int first, int rows) {
    String source = Tensors.require(sources, name);
    FusedParts.Part part = fused.of(name);
    if (part != null) {
      Tensors.requireRows(shape(name), first, rows);
      return file.readRows(source, part.first() + first, rows);
    }
    if (permutedHeads(name) == 0 && !name.endsWith("norm.weight")) {
      return file.readRows(source, first, rows);
    }
    int width = Tensors.requireRows(file.shape(source), first, rows);
    return Arrays.copyOfRange(read(name), first * width, (first + rows) * width);
  }

  private float[] inOrder(String name, float[] values) {
    int heads = permutedHeads(name);
    return heads == 0 ? values : unpermute(values, heads, config.headDim());
  }

  /** The number of heads whose rows ggml has reordered, 0 for a tensor in the original order. */
  private int permutedHeads(String name) {
    return permutedHeads(config, name);
  }

  private static int permutedHeads(ModelConfig config, String name) {
    if (!PAIRED.contains(config.architecture())) {
      return 0;
    }
    if (name.contains(".self_attn.q_proj.")) {
      return config.heads();
    }
    return name.contains(".self_attn.k_proj.") ? config.kvHeads() : 0;
  }

  /**
   * ggml stores the rows of q and k so that rotary pairs are neighbours (2i, 2i + 1); the original
   * order has them half a head apart (i, i + headDim / 2).
   */
  static float[] unpermute(float[] rows, int heads, int headDim) {
    int half = headDim / 2;
    int width = rows.length / (heads * headDim);
    float[] original = new float[rows.length];
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < headDim; i++) {
        int from = head * headDim + i;
        int to = head * headDim + i % 2 * half + i / 2;
        System.arraycopy(rows, from * width, original, to * width, width);
      }
    }
    return original;
  }

  /** The name of a model's architecture in GGUF. */
  public static String architecture(ModelConfig config) {
    // Mistral has none of its own there.
    return config.architecture().equals("mistral")
        ? "llama"
        : GgufConfig.gguf(config.architecture());
  }

  /** The name in GGUF of a linear layer's weight, such as {@code blk.0.attn_q.weight}. */
  public static String tensor(String canonical) {
    Matcher linear = LINEAR_NAME.matcher(canonical);
    if (linear.matches()) {
      for (var entry : BLOCK.entrySet()) {
        if (entry.getValue().equals(linear.group(2))) {
          return "blk.%s.%s.weight".formatted(linear.group(1), entry.getKey());
        }
      }
    }
    throw new IllegalArgumentException("GGUF has no name for " + canonical);
  }

  /** The rows of a linear layer, or of what is added to it, in the order that ggml stores. */
  public static float[] reordered(ModelConfig config, String canonical, float[] rows) {
    int heads = permutedHeads(config, canonical);
    if (heads == 0) {
      return rows;
    }
    int headDim = config.headDim();
    int width = rows.length / (heads * headDim);
    float[] stored = new float[rows.length];
    for (int row = 0; row < heads * headDim; row++) {
      int i = row % headDim;
      int from = row - i + i % 2 * (headDim / 2) + i / 2;
      System.arraycopy(rows, from * width, stored, row * width, width);
    }
    return stored;
  }

  @Override
  public void close() {
    file.close();
  }
}
