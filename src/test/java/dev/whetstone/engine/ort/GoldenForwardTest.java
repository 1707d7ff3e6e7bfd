package dev.whetstone.engine.ort;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.models.QuantizationKl;
import dev.whetstone.testing.ForwardRun;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Models imported, exported and run here give Transformers' numbers. */
@Tag("slow")
class GoldenForwardTest {
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
    try (ForwardRun run = open(TestModels.smollm2(), "model.onnx", 8)) {
      List<float[]> rows = run.sameRowInBatches(ids(example.path("prompt_ids")));
      assertThat(rows).hasSize(8).allSatisfy(row -> assertThat(row).isEqualTo(rows.getFirst()));
    }
  }

  private static void compare(ModelDirectory directory, String file, double tolerance)
      throws IOException {
    try (ForwardRun run = open(directory, "exact.onnx", 1)) {
      for (JsonNode example : golden(file)) {
        int[] prompt = ids(example.path("prompt_ids"));
        int[] completion = ids(example.path("completion_ids"));
        double[] logps = run.score(prompt, completion);
        for (int i = 0; i < logps.length; i++) {
          assertThat(logps[i])
              .isCloseTo(
                  example.path("completion_token_logps").get(i).asDouble(),
                  org.assertj.core.data.Offset.offset(tolerance));
        }
        int[] greedy = ids(example.path("greedy_ids"));
        assertThat(run.greedy(prompt, greedy.length)).isEqualTo(greedy);
      }
    }
  }

  private static ForwardRun open(ModelDirectory directory, String graph, int slots) {
    return ForwardRun.open(directory.path().resolve(graph), slots, SLOT);
  }

  private static JsonNode golden(String file) throws IOException {
    return new ObjectMapper().readTree(Path.of("src/test/resources/golden", file).toFile());
  }

  private static int[] ids(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }
}
