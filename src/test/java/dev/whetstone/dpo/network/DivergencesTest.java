package dev.whetstone.dpo.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.TestModels;
import dev.whetstone.policy.AdapterFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DivergencesTest {
  private static final Path ADAPTER =
      Path.of("src/test/resources/golden/train-tiny-sigmoid/adapter_final.safetensors");

  /** Every token of the vocabulary is scored as a completion of its own and summed by hand. */
  @Test
  void aDivergenceIsTheSumOverTheVocabulary() throws IOException {
    // "How was the film?" and an answer that begins with "I": the verb is next
    int[] prompt = {1, 291, 201, 372, 269, 267, 333, 33, 2, 201, 1, 292, 201, 43};
    int words = 512;
    Prompted all =
        new Prompted(prompt, IntStream.range(0, words).mapToObj(word -> new int[] {word}).toList());
    try (Network network = Network.open(TestModels.tiny(), NetworkSettings.exact(2))) {
      var _ = network.adapt(AdapterFile.read(Files.readAllBytes(ADAPTER), 8, 16));
      float[][] policy = network.policy(List.of(all)).logps();
      float[][] reference = network.reference(List.of(all)).logps();
      double expected = 0;
      for (int word = 0; word < words; word++) {
        expected += Math.exp(policy[word][0]) * (policy[word][0] - reference[word][0]);
      }

      float[][] divergences =
          network.divergences(List.of(new Prompted(prompt, List.of(new int[] {7, 8}))));

      assertThat(expected).isGreaterThan(1e-3);
      assertThat((double) divergences[0][0]).isCloseTo(expected, within(1e-5));
      assertThat(divergences[0]).hasSize(2);
    }
  }
}
