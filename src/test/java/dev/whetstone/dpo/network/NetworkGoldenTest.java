package dev.whetstone.dpo.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Compares the network's log-probs with those of Transformers. */
class NetworkGoldenTest {
  @Test
  void theTinyModelIsTransformersOwn() throws IOException {
    compare(TestModels.tiny(), "tiny-forward.json", 1e-4);
  }

  @Test
  void theDefaultModelIsTransformersOwn() throws IOException {
    compare(TestModels.smollm2(), "smollm2-forward.json", 2e-3);
  }

  private static void compare(ModelDirectory model, String file, double tolerance)
      throws IOException {
    JsonNode examples =
        new ObjectMapper().readTree(Path.of("src/test/resources/golden", file).toFile());
    try (Network network = Network.open(model, NetworkSettings.exact(2))) {
      for (JsonNode example : examples) {
        PromptCompletions row =
            new PromptCompletions(
                ids(example.path("prompt_ids")), List.of(ids(example.path("completion_ids"))));
        float[] logps = network.referenceScores(List.of(row)).logps()[0];
        for (int i = 0; i < logps.length; i++) {
          double expected = example.path("completion_token_logps").get(i).asDouble();
          assertThat((double) logps[i]).isCloseTo(expected, Offset.offset(tolerance));
        }
      }
    }
  }

  private static int[] ids(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }
}
