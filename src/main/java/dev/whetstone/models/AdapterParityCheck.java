package dev.whetstone.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.Policy;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Compares the log-probs that ONNX Runtime, which serves an adapter, and PyTorch, which trained it,
 * give to the same tokens.
 *
 * @param exact largest difference of a token's log-prob with the float32 graph, in nats
 * @param int8 the same with the int8 graph; it comes from quantisation and is not an error
 * @param int8Mean mean difference with the int8 graph
 * @param tokens number of compared tokens
 */
public record AdapterParityCheck(double exact, double int8, double int8Mean, int tokens) {
  /** Largest float32 difference, in nats a token, that rounding explains. */
  public static final double TOLERANCE = 1e-3;

  private static final int MAX_PAIRS = 64;

  private record Differences(double largest, double mean, int tokens) {}

  /**
   * Scores up to 64 pairs with both graphs of the base, whose int8 graph must be exported.
   *
   * @param adapter null checks the base itself
   * @param pairs token ids, matched to {@code scored} by pair id
   * @param scored the trainer's log-probs
   */
  public static AdapterParityCheck measure(
      ModelDirectory base,
      @Nullable LoraAdapter adapter,
      List<TokenPair> pairs,
      List<PairLogps> scored,
      int threads)
      throws IOException {
    Policy policy =
        new Policy("candidate", adapter == null ? "" : PeftFiles.hash(adapter), adapter);
    Map<String, TokenPair> byId =
        pairs.stream().collect(Collectors.toMap(TokenPair::id, Function.identity()));
    List<PairLogps> sample = scored.subList(0, Math.min(scored.size(), MAX_PAIRS));
    Differences exact;
    try (ExactGraph graph = ExactGraph.of(base)) {
      exact = differences(graph.path(), policy, byId, sample, threads);
    }
    Path int8Graph = ModelOpener.decodeGraph(base, Precision.INT8);
    Differences int8 = differences(int8Graph, policy, byId, sample, threads);
    return new AdapterParityCheck(exact.largest, int8.largest, int8.mean, exact.tokens);
  }

  /** Whether ONNX Runtime reproduces the trainer's log-probs; int8 is not judged. */
  public boolean passed() {
    return exact <= TOLERANCE;
  }

  /** The content of export_check.json. */
  public String toJson() {
    return new ObjectMapper()
            .createObjectNode()
            .put("passed", passed())
            .put("bound", TOLERANCE)
            .put("float32_largest_difference", exact)
            .put("int8_largest_difference", int8)
            .put("int8_mean_difference", int8Mean)
            .put("tokens", tokens)
            .toPrettyString()
        + "\n";
  }

  private static Differences differences(
      Path graph, Policy policy, Map<String, TokenPair> byId, List<PairLogps> scored, int threads) {
    int slot = scored.stream().mapToInt(pair -> sequenceLength(byId, pair)).max().orElseThrow();
    double largest = 0;
    double sum = 0;
    int tokens = 0;
    try (OrtModel model =
        OrtModel.open(
            new OrtSettings(
                graph, null, 1, slot, threads, OptionalInt.empty(), !ExactGraph.isExact(graph)))) {
      model.stage(policy);
      for (PairLogps pair : scored) {
        TokenPair ids = tokens(byId, pair);
        for (double difference : differences(model, policy, pair, ids)) {
          largest = Math.max(largest, difference);
          sum += difference;
          tokens++;
        }
      }
      model.release(policy);
    }
    return new Differences(largest, sum / tokens, tokens);
  }

  private static double[] differences(
      OrtModel model, Policy policy, PairLogps pair, TokenPair ids) {
    return DoubleStream.concat(
            Arrays.stream(
                differences(model, policy, ids.prompt(), ids.chosen(), pair.chosen().policy())),
            Arrays.stream(
                differences(model, policy, ids.prompt(), ids.rejected(), pair.rejected().policy())))
        .toArray();
  }

  /** Differences on the tokens the trainer scored; truncation may have cut a completion's end. */
  private static double[] differences(
      OrtModel model, Policy policy, int[] prompt, int[] completion, double[] trained) {
    int last = prompt.length + trained.length - 1;
    int[] ids =
        IntStream.concat(IntStream.of(prompt), IntStream.of(completion)).limit(last).toArray();
    int[] rows = IntStream.range(prompt.length - 1, last).toArray();
    FloatBuffer logits = model.run(new Batch.Prefill(0, 0, ids, policy, rows));
    float[] row = new float[model.vocabularySize()];
    double[] differences = new double[trained.length];
    for (int i = 0; i < differences.length; i++) {
      logits.get(i * row.length, row);
      double logp = row[completion[i]] - QuantizationKl.logSumExp(row);
      differences[i] = Math.abs(logp - trained[i]);
    }
    return differences;
  }

  private static int sequenceLength(Map<String, TokenPair> byId, PairLogps pair) {
    return tokens(byId, pair).prompt().length
        + Math.max(pair.chosen().length(), pair.rejected().length());
  }

  private static TokenPair tokens(Map<String, TokenPair> byId, PairLogps pair) {
    TokenPair ids = byId.get(pair.id());
    if (ids == null) {
      throw new IllegalArgumentException("pair " + pair.id() + " is unknown");
    }
    return ids;
  }
}
