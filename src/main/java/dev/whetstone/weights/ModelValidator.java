package dev.whetstone.weights;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Refuses models whose tensors do not match their configuration. */
final class ModelValidator {
  private static final int MAX_CONTEXT = 1 << 20;

  private ModelValidator() {}

  static void requireArchitecture(String architecture) {
    if (!HuggingFaceDesign.ARCHITECTURES.contains(architecture)) {
      throw new ModelFormatException(
          "architecture '%s' is not served; these are: %s"
              .formatted(architecture, String.join(", ", HuggingFaceDesign.ARCHITECTURES)));
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
    for (Rope rope : config.ropes()) {
      if (rope.scaling() instanceof RopeScaling.Divisors divisors
          && divisors.divisors().size() != config.headDim() / 2) {
        throw new ModelFormatException(
            "%d divisors of rotary frequencies for heads of %d values"
                .formatted(divisors.divisors().size(), config.headDim()));
      }
    }
    if (!positive(config.rmsNormEpsilon())
        || !config.ropes().stream().allMatch(rope -> positive(rope.theta()))) {
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
      DecoderDesign.NormPlacement norms = config.design().norms();
      Stream.of(
              norms.beforeAttention(), norms.afterAttention(), norms.beforeMlp(), norms.afterMlp())
          .filter(Objects::nonNull)
          .forEach(norm -> expected.put(block + norm + ".weight", new long[] {hidden}));
      expectQueryKeyNorms(expected, config, block);
      expected.put(block + "self_attn.q_proj.weight", new long[] {query, hidden});
      expected.put(block + "self_attn.k_proj.weight", new long[] {kv, hidden});
      expected.put(block + "self_attn.v_proj.weight", new long[] {kv, hidden});
      expected.put(block + "self_attn.o_proj.weight", new long[] {hidden, query});
      if (config.design().experts() == null) {
        expected.put(block + "mlp.gate_proj.weight", new long[] {inner, hidden});
        expected.put(block + "mlp.up_proj.weight", new long[] {inner, hidden});
        expected.put(block + "mlp.down_proj.weight", new long[] {hidden, inner});
      } else {
        expectExperts(expected, config, config.design().experts(), layer);
      }
      if (config.qkvBias()) {
        expected.put(block + "self_attn.q_proj.bias", new long[] {query});
        expected.put(block + "self_attn.k_proj.bias", new long[] {kv});
        expected.put(block + "self_attn.v_proj.bias", new long[] {kv});
      }
    }
    return expected;
  }

  private static void expectExperts(
      Map<String, long[]> expected, ModelConfig config, DecoderDesign.Experts experts, int layer) {
    long hidden = config.hiddenSize();
    long inner = config.intermediateSize();
    expected.put(
        DecoderDesign.Experts.router(layer) + ".weight", new long[] {experts.count(), hidden});
    for (int expert = 0; expert < experts.count(); expert++) {
      for (String module : DecoderDesign.Experts.gateAndUp(layer, expert)) {
        expected.put(module + ".weight", new long[] {inner, hidden});
      }
      expected.put(
          DecoderDesign.Experts.down(layer, expert) + ".weight", new long[] {hidden, inner});
    }
  }

  private static void expectQueryKeyNorms(
      Map<String, long[]> expected, ModelConfig config, String block) {
    int head = config.headDim();
    switch (config.design().queryKeyNorm()) {
      case NONE -> {}
      case HEADS -> {
        expected.put(block + "self_attn.q_norm.weight", new long[] {head});
        expected.put(block + "self_attn.k_norm.weight", new long[] {head});
      }
      case WHOLE -> {
        expected.put(block + "self_attn.q_norm.weight", new long[] {(long) config.heads() * head});
        expected.put(
            block + "self_attn.k_norm.weight", new long[] {(long) config.kvHeads() * head});
      }
    }
  }
}
