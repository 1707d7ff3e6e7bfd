package dev.whetstone.weights;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Refuses models whose tensors do not match their configuration. */
final class ModelValidator {
  private static final int MAX_CONTEXT = 1 << 20;
  private static final Set<String> ARCHITECTURES = Set.of("llama", "mistral", "qwen2");

  private ModelValidator() {}

  static void requireArchitecture(String architecture) {
    if (!ARCHITECTURES.contains(architecture)) {
      throw new ModelFormatException(
          "architecture %s is not served: llama, mistral and qwen2 are".formatted(architecture));
    }
  }

  /** Checks that the expected tensors exist with their shapes, and no others. */
  static void check(ModelConfig config, Tensors tensors) {
    requireSizes(config);
    if (config.layers() > tensors.names().size()) {
      throw new ModelFormatException(
          "%d layers are configured for %d tensors"
              .formatted(config.layers(), tensors.names().size()));
    }
    Map<String, long[]> expected = expected(config);
    for (Map.Entry<String, long[]> entry : expected.entrySet()) {
      if (!tensors.names().contains(entry.getKey())) {
        throw new ModelFormatException("tensor " + entry.getKey() + " is missing");
      }
      long[] shape = tensors.shape(entry.getKey());
      if (!Arrays.equals(shape, entry.getValue())) {
        throw new ModelFormatException(
            "tensor %s is %s, the configuration asks for %s"
                .formatted(
                    entry.getKey(), Arrays.toString(shape), Arrays.toString(entry.getValue())));
      }
    }
    Set<String> extra = new TreeSet<>(tensors.names());
    extra.removeAll(expected.keySet());
    if (!extra.isEmpty()) {
      throw new ModelFormatException(
          "tensor " + extra.iterator().next() + " has no place in this architecture");
    }
  }

  private static void requireSizes(ModelConfig config) {
    int[] sizes = {
      config.hiddenSize(),
      config.intermediateSize(),
      config.layers(),
      config.heads(),
      config.kvHeads(),
      config.headDim(),
      config.vocabularySize(),
      config.contextLength()
    };
    if (Arrays.stream(sizes).anyMatch(size -> size < 1)) {
      throw new ModelFormatException("every size of the model must be at least 1: " + config);
    }
    if (config.heads() % config.kvHeads() != 0 || config.headDim() % 2 != 0) {
      throw new ModelFormatException(
          "%d heads of %d values over %d key/value heads do not divide"
              .formatted(config.heads(), config.headDim(), config.kvHeads()));
    }
    if (config.hiddenSize() % 2 != 0) {
      throw new ModelFormatException(
          "a hidden size of %d is odd; the graph needs an even one".formatted(config.hiddenSize()));
    }
    if (config.contextLength() > MAX_CONTEXT) {
      throw new ModelFormatException(
          "a context of %d tokens is longer than %d"
              .formatted(config.contextLength(), MAX_CONTEXT));
    }
    if (!positive(config.rmsNormEpsilon()) || !positive(config.ropeTheta())) {
      throw new ModelFormatException("rms_norm_eps and rope_theta must be positive and finite");
    }
  }

  private static boolean positive(double value) {
    return value > 0 && Double.isFinite(value);
  }

  /** The names and shapes of the tensors that a configuration requires. */
  static Map<String, long[]> expected(ModelConfig config) {
    long hidden = config.hiddenSize();
    long inner = config.intermediateSize();
    long query = (long) config.heads() * config.headDim();
    long kv = (long) config.kvHeads() * config.headDim();
    Map<String, long[]> expected = new TreeMap<>();
    expected.put("model.embed_tokens.weight", new long[] {config.vocabularySize(), hidden});
    expected.put("model.norm.weight", new long[] {hidden});
    if (!config.tiedEmbeddings()) {
      expected.put("lm_head.weight", new long[] {config.vocabularySize(), hidden});
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "model.layers." + layer + ".";
      expected.put(block + "input_layernorm.weight", new long[] {hidden});
      expected.put(block + "post_attention_layernorm.weight", new long[] {hidden});
      expected.put(block + "self_attn.q_proj.weight", new long[] {query, hidden});
      expected.put(block + "self_attn.k_proj.weight", new long[] {kv, hidden});
      expected.put(block + "self_attn.v_proj.weight", new long[] {kv, hidden});
      expected.put(block + "self_attn.o_proj.weight", new long[] {hidden, query});
      expected.put(block + "mlp.gate_proj.weight", new long[] {inner, hidden});
      expected.put(block + "mlp.up_proj.weight", new long[] {inner, hidden});
      expected.put(block + "mlp.down_proj.weight", new long[] {hidden, inner});
      if (config.qkvBias()) {
        expected.put(block + "self_attn.q_proj.bias", new long[] {query});
        expected.put(block + "self_attn.k_proj.bias", new long[] {kv});
        expected.put(block + "self_attn.v_proj.bias", new long[] {kv});
      }
    }
    return expected;
  }
}
