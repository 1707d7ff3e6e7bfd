package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.network.PromptCompletions;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class OnPolicyKlEstimatorTest {
  private static final Path ADAPTER =
      Path.of("src/test/resources/golden/train-tiny-sigmoid/adapter_final.safetensors");
  private static final int[] PROMPT = {1, 291, 201, 372, 269, 267, 333, 33, 2, 201, 1, 292, 201};
  private static final int MAX_TOKENS = 24;

  /** The mean of log π − log π_ref over many answers is the KL by definition. */
  @Test
  void theKlIsThatOfTheAnswersThePolicyWrites() throws IOException {
    try (Network network = Network.open(TestModels.tiny(), NetworkSettings.exact(2))) {
      var _ = network.adapt(PeftFiles.read(Files.readAllBytes(ADAPTER), 8, 16));
      List<PromptCompletions> rows =
          network
              .sample(Collections.nCopies(512, PROMPT), MAX_TOKENS, 1, new SplittableRandom(7))
              .stream()
              .map(answer -> new PromptCompletions(PROMPT, List.of(answer)))
              .toList();
      float[][] policy = network.policyScores(rows).logps();
      float[][] reference = network.referenceScores(rows).logps();
      double[] ratios =
          IntStream.range(0, rows.size())
              .mapToDouble(i -> sum(policy[i]) - sum(reference[i]))
              .toArray();
      double mean = IntStream.range(0, ratios.length).mapToDouble(i -> ratios[i]).sum() / 512;
      double variance =
          IntStream.range(0, ratios.length)
                  .mapToDouble(i -> (ratios[i] - mean) * (ratios[i] - mean))
                  .sum()
              / 511;

      OnPolicyKlEstimator estimator =
          new OnPolicyKlEstimator(List.of(PROMPT), MAX_TOKENS, 64, 256, 1, 1);
      double kl = estimator.kl(network).mean();

      double error = Math.sqrt(variance / 512);
      assertThat(mean).isGreaterThan(10 * error);
      // The estimator's own error is smaller but unknown, so allow the same error again.
      assertThat(kl).isCloseTo(mean, within(4 * Math.sqrt(2) * error));
      assertThat(estimator.kl(network).mean()).isEqualTo(kl);
      // Pairs are sampled colder: such answers stay where the policy is sure of itself.
      OnPolicyKlEstimator cold =
          new OnPolicyKlEstimator(List.of(PROMPT), MAX_TOKENS, 64, 256, 0.1, 1);
      assertThat(cold.kl(network).mean()).isPositive().isNotEqualTo(kl);
    }
  }

  private static double sum(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(t -> values[t]).sum();
  }
}
