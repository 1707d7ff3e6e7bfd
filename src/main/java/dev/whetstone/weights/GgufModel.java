package dev.whetstone.weights;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
      Map.of(
          "attn_norm", "input_layernorm",
          "ffn_norm", "post_attention_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.o_proj",
          "ffn_gate", "mlp.gate_proj",
          "ffn_up", "mlp.up_proj",
          "ffn_down", "mlp.down_proj");
  private static final Pattern BLOCK_NAME =
      Pattern.compile("blk\\.(\\d+)\\.(\\w+)\\.(weight|bias)");

  private final GgufFile file;
  private final ModelConfig config;
  private final Map<String, String> sources = new LinkedHashMap<>();

  /**
   * Maps the names of a file and checks its tensors.
   *
   * @param file closed with this model
   * @throws ModelFormatException for unsupported architectures and features
   */
  public GgufModel(GgufFile file) {
    this.file = file;
    for (String name : file.names()) {
      String canonical = canonical(name);
      if (canonical != null) {
        sources.put(canonical, name);
      }
    }
    this.config = config(file, sources.keySet());
    ModelValidator.check(config, this);
  }

  private static @Nullable String canonical(String name) {
    if (name.equals("rope_freqs.weight")) {
      throw new ModelFormatException(
          "rope_freqs.weight: GGUF files with scaled rotary frequencies are not supported; import the safetensors instead");
    }
    Matcher block = BLOCK_NAME.matcher(name);
    if (block.matches() && BLOCK.containsKey(block.group(2))) {
      return "model.layers.%s.%s.%s"
          .formatted(block.group(1), BLOCK.get(block.group(2)), block.group(3));
    }
    String global = GLOBAL.get(name);
    if (global == null) {
      throw new ModelFormatException("tensor " + name + " has no place in a Llama-family model");
    }
    return global;
  }

  private static ModelConfig config(GgufFile file, Set<String> names) {
    String architecture =
        file.text("general.architecture")
            .orElseThrow(() -> new ModelFormatException("general.architecture is missing"));
    ModelValidator.requireArchitecture(architecture);
    file.text(architecture + ".rope.scaling.type")
        .filter(type -> !type.equals("none"))
        .ifPresent(
            type -> {
              throw new ModelFormatException("rope.scaling.type " + type + " is not served");
            });
    int hidden = file.requireInteger(architecture + ".embedding_length");
    int heads = file.requireInteger(architecture + ".attention.head_count");
    int headDim =
        file.number(architecture + ".attention.key_length")
            .map(Number::intValue)
            .orElse(hidden / Math.max(1, heads));
    return new ModelConfig(
        architecture,
        hidden,
        file.requireInteger(architecture + ".feed_forward_length"),
        file.requireInteger(architecture + ".block_count"),
        heads,
        file.number(architecture + ".attention.head_count_kv").map(Number::intValue).orElse(heads),
        headDim,
        vocabulary(file),
        file.requireInteger(architecture + ".context_length"),
        shortest(decimal(file, architecture + ".attention.layer_norm_rms_epsilon")),
        shortest(
            file.number(architecture + ".rope.freq_base")
                .map(Number::doubleValue)
                .orElse(10_000.0)),
        null,
        !names.contains("lm_head.weight"),
        names.contains("model.layers.0.self_attn.q_proj.bias"),
        file.number("tokenizer.ggml.bos_token_id").map(Number::intValue).orElse(-1),
        EndTokens.of(file),
        DecoderDesign.PLAIN);
  }

  /**
   * The shortest decimal of a float32, which is the original setting: GGUF stores 1e-5 as
   * 9.999999747e-6.
   */
  private static double shortest(double value) {
    return Double.parseDouble(Float.toString((float) value));
  }

  private static int vocabulary(GgufFile file) {
    if (!file.names().contains("token_embd.weight")) {
      throw new ModelFormatException("token_embd.weight is missing");
    }
    long[] shape = file.shape("token_embd.weight");
    if (shape.length != 2) {
      throw new ModelFormatException("token_embd.weight is not a matrix");
    }
    return (int) shape[0];
  }

  private static double decimal(GgufFile file, String key) {
    return file.number(key)
        .map(Number::doubleValue)
        .orElseThrow(() -> new ModelFormatException(key + " is missing"));
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
    return file.shape(Tensors.require(sources, name));
  }

  @Override
  public float[] read(String name) {
    return inOrder(name, file.read(Tensors.require(sources, name)));
  }

  @Override
  public float[] readRows(String name, int first, int rows) {
    String source = Tensors.require(sources, name);
    if (permutedHeads(name) == 0) {
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
    if (config.architecture().equals("qwen2")) {
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

  @Override
  public void close() {
    file.close();
  }
}
