package dev.whetstone.models;

import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.Policy;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Measures the KL divergence of the int8 graph from the float32 one on a fixed text. */
public final class QuantizationKl {
  static final String TEXT =
      """
      A whetstone is a flat stone used to sharpen knives and tools. The blade is drawn across it at \
      a steady angle, first on a coarse side, then on a fine one. Water or oil carries away what \
      is ground off. Question: what does 12 times 12 make? Answer: 144.
      """;
  private static final int MAX_TOKENS = 96;

  private QuantizationKl() {}

  /** Mean of KL(float32 || int8) in nats a token, on a fixed text. */
  static double measure(ExactGraph exact, ModelDirectory model) throws IOException {
    int[] ids;
    try (Tokenizer tokenizer = Tokenizer.open(model.path().resolve("tokenizer.json"))) {
      int[] all = tokenizer.encode(TEXT, false);
      ids = Arrays.copyOf(all, Math.min(all.length, MAX_TOKENS));
    }
    return measure(exact.path(), ModelOpener.decodeGraph(model, Precision.INT8), ids);
  }

  /** Mean of KL(float32 || int8) in nats a token, of a model whose int8 graph is exported. */
  public static double measure(Path folder) throws IOException {
    ModelDirectory model = ModelDirectory.open(folder);
    try (ExactGraph exact = ExactGraph.of(model)) {
      return measure(exact, model);
    }
  }

  /** Mean of KL(float32 || int8), in nats a token, on the given tokens. */
  public static double measure(Path folder, int[] ids) throws IOException {
    ModelDirectory model = ModelDirectory.open(folder);
    try (ExactGraph exact = ExactGraph.of(model)) {
      return measure(exact.path(), ModelOpener.decodeGraph(model, Precision.INT8), ids);
    }
  }

  private static double measure(Path exactGraph, Path int8Graph, int[] ids) {
    float[][] exact = logits(exactGraph, ids);
    float[][] quantized = logits(int8Graph, ids);
    return IntStream.range(0, ids.length)
        .mapToDouble(i -> kl(exact[i], quantized[i]))
        .average()
        .orElseThrow();
  }

  private static float[][] logits(Path graph, int[] ids) {
    boolean packed = !ExactGraph.isExact(graph);
    try (OrtModel model = open(graph, ids.length, packed)) {
      return logits(model, ids, IntStream.range(0, ids.length).toArray());
    }
  }

  /** Opens a graph with one slot of {@code maxTokens}. */
  static OrtModel open(Path graph, int maxTokens, boolean packed) {
    int threads = Runtime.getRuntime().availableProcessors();
    return OrtModel.open(
        new OrtSettings(graph, null, 1, maxTokens, threads, OptionalInt.empty(), packed));
  }

  /** Logits {@code [rows, vocabulary]} after the given rows of a text. */
  static float[][] logits(OrtModel model, int[] ids, int[] rows) {
    FloatBuffer all = model.run(new Batch.Prefill(0, 0, ids, new Policy("v0", "", null), rows));
    float[][] logits = new float[rows.length][model.vocabularySize()];
    for (int i = 0; i < rows.length; i++) {
      all.get(i * model.vocabularySize(), logits[i]);
    }
    return logits;
  }

  private static double kl(float[] exact, float[] other) {
    double zExact = logSumExp(exact);
    double zOther = logSumExp(other);
    double sum = 0;
    for (int i = 0; i < exact.length; i++) {
      double log = exact[i] - zExact;
      sum += Math.exp(log) * (log - (other[i] - zOther));
    }
    return sum;
  }

  static double logSumExp(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }
}
