package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.models.QuantizationKl;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Models imported, exported and run here give Transformers' numbers. */
class GoldenForwardTest {
  private static final Policy V0 = new Policy("v0", "", null);
  private static final int SLOT = 256;

  @Test
  void theTinyModelInFloat32IsTransformersOwn() throws IOException {
    compare(TestModels.tiny(), "tiny-forward.json", 1e-4);
  }

  @Test
  void theDefaultModelInFloat32IsTransformersOwn() throws IOException {
    compare(TestModels.smollm2(), "smollm2-forward.json", 2e-3);
  }

  @Test
  void int8StaysCloseToFloat32() throws IOException {
    assertThat(QuantizationKl.measure(TestModels.smollm2().path())).isPositive().isLessThan(0.02);
  }

  @Test
  void int8StaysCloseToFloat32InConversations() throws IOException {
    JsonNode examples = golden("smollm2-forward.json");
    double sum = 0;
    for (JsonNode example : examples) {
      sum += QuantizationKl.measure(TestModels.smollm2().path(), ids(example.path("prompt_ids")));
    }
    assertThat(sum / examples.size()).isPositive().isLessThan(0.02);
  }

  @Test
  void withoutAnAdapterAnInt8RowHasTheSameBitsInEveryBatch() throws IOException {
    JsonNode example = golden("smollm2-forward.json").get(0);
    int[] prompt = ids(example.path("prompt_ids"));
    int last = prompt.length - 1;
    try (OrtModel model = open(TestModels.smollm2(), "model.onnx", 8)) {
      model.run(
          new Batch.Prefill(0, 0, IntStream.of(prompt).limit(last).toArray(), V0, new int[0]));
      float[] alone = row(model.run(decode(1, prompt[last], last)), 0, model);
      for (int rows = 2; rows <= 8; rows++) {
        for (int slot = 1; slot < rows; slot++) {
          model.copySlot(0, slot, last);
        }
        float[] batched = row(model.run(decode(rows, prompt[last], last)), 0, model);
        assertThat(batched).as("batch of %d", rows).isEqualTo(alone);
      }
    }
  }

  // The other rows have fewer tokens than the observed row, so that the batch is ragged.
  private static Batch.Decode decode(int rows, int token, int computedTokens) {
    return new Batch.Decode(
        IntStream.range(0, rows).map(i -> token + i).toArray(),
        IntStream.range(0, rows).map(i -> computedTokens - i).toArray(),
        IntStream.range(0, rows).mapToObj(i -> V0).toList());
  }

  private static void compare(ModelDirectory directory, String file, double tolerance)
      throws IOException {
    try (OrtModel model = open(directory, "exact.onnx", 1)) {
      for (JsonNode example : golden(file)) {
        int[] prompt = ids(example.path("prompt_ids"));
        int[] completion = ids(example.path("completion_ids"));
        double[] logps = score(model, prompt, completion);
        for (int i = 0; i < logps.length; i++) {
          assertThat(logps[i])
              .isCloseTo(
                  example.path("completion_token_logps").get(i).asDouble(),
                  org.assertj.core.data.Offset.offset(tolerance));
        }
        int[] greedy = ids(example.path("greedy_ids"));
        assertThat(greedy(model, prompt, greedy.length)).isEqualTo(greedy);
      }
    }
  }

  private static double[] score(OrtModel model, int[] prompt, int[] completion) {
    int[] all = IntStream.concat(IntStream.of(prompt), IntStream.of(completion)).toArray();
    int[] rows = IntStream.range(prompt.length - 1, all.length - 1).toArray();
    FloatBuffer logits = model.run(new Batch.Prefill(0, 0, all, V0, rows));
    double[] logps = new double[completion.length];
    for (int i = 0; i < logps.length; i++) {
      float[] row = row(logits, i, model);
      double largest = row[argmax(row)];
      double sum = 0;
      for (float logit : row) {
        sum += Math.exp(logit - largest);
      }
      logps[i] = row[completion[i]] - largest - Math.log(sum);
    }
    return logps;
  }

  private static int[] greedy(OrtModel model, int[] prompt, int length) {
    int[] written = new int[length];
    FloatBuffer logits =
        model.run(new Batch.Prefill(0, 0, prompt, V0, new int[] {prompt.length - 1}));
    for (int i = 0; i < length; i++) {
      written[i] = argmax(row(logits, 0, model));
      if (i + 1 < length) {
        logits =
            model.run(
                new Batch.Decode(
                    new int[] {written[i]}, new int[] {prompt.length + i}, List.of(V0)));
      }
    }
    return written;
  }

  private static OrtModel open(ModelDirectory directory, String graph, int slots) {
    Path path = directory.path().resolve(graph);
    return OrtModel.open(new OrtSettings(path, null, slots, SLOT, 2, OptionalInt.empty()));
  }

  private static float[] row(FloatBuffer logits, int index, OrtModel model) {
    float[] row = new float[model.vocabularySize()];
    logits.get(index * row.length, row);
    return row;
  }

  private static int argmax(float[] row) {
    return IntStream.range(0, row.length).reduce((a, b) -> row[b] > row[a] ? b : a).orElseThrow();
  }

  private static JsonNode golden(String file) throws IOException {
    return new ObjectMapper().readTree(Path.of("src/test/resources/golden", file).toFile());
  }

  private static int[] ids(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }
}
