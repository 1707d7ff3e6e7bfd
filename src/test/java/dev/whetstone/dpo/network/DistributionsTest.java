package dev.whetstone.dpo.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.whetstone.dpo.torch.Arithmetic;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums over whole next-token distributions do not depend on the slices of the vocabulary. */
class DistributionsTest {
  private static final Path ADAPTER =
      Path.of("src/test/resources/golden/train-tiny-sigmoid/adapter_final.safetensors");
  private static final int WORDS = 512;

  /** "How was the film?" and an answer that begins with "I": the verb is next. */
  private static final int[] PROMPT = {
    1, 291, 201, 372, 269, 267, 333, 33, 2, 201, 1, 292, 201, 43
  };

  /** Scores every token of the vocabulary as a completion and sums in Java. */
  @ParameterizedTest
  @ValueSource(ints = {1, 100, 512, 4096})
  void theyAreSumsOverTheVocabulary(int slice) throws IOException {
    PromptCompletions all =
        new PromptCompletions(
            PROMPT, IntStream.range(0, WORDS).mapToObj(word -> new int[] {word}).toList());
    try (Network network = network(slice)) {
      var _ = network.adapt(PeftFiles.read(Files.readAllBytes(ADAPTER), 8, 16));
      TokenScores policy = network.policyScores(List.of(all));
      float[][] reference = network.referenceScores(List.of(all)).logps();
      double total = 0;
      double divergence = 0;
      double entropy = 0;
      double sumSquares = 0;
      int likeliest = 0;
      for (int word = 0; word < WORDS; word++) {
        double logp = policy.logps()[word][0];
        double p = Math.exp(logp);
        total += p;
        divergence += p * (logp - reference[word][0]);
        entropy -= p * logp;
        sumSquares += p * p;
        likeliest = logp > policy.logps()[likeliest][0] ? word : likeliest;
      }

      float[][] divergences =
          network.klDivergences(List.of(new PromptCompletions(PROMPT, List.of(new int[] {7, 8}))));

      assertThat(total).isCloseTo(1, within(1e-5));
      assertThat(divergence).isGreaterThan(1e-3);
      assertThat((double) divergences[0][0]).isCloseTo(divergence, within(1e-5));
      assertThat(divergences[0]).hasSize(2);
      for (int word = 0; word < WORDS; word++) {
        assertThat((double) policy.entropies()[word][0]).isCloseTo(entropy, within(1e-5));
        assertThat((double) policy.logSumSquares()[word][0])
            .isCloseTo(Math.log(sumSquares), within(1e-5));
        assertThat(policy.greedy()[word][0]).isEqualTo(word == likeliest);
      }
    }
  }

  @Test
  void theirGradientsAreTheSameHoweverTheVocabularyIsCut() throws IOException {
    List<float[]> whole = gradients(WORDS);
    List<float[]> cut = gradients(100);

    assertThat(cut).hasSameSizeAs(whole);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(cut.get(i)).containsExactly(whole.get(i), within(1e-4f));
    }
  }

  /** Gradients of all weights, including the output projection. */
  private static List<float[]> gradients(int slice) throws IOException {
    PromptCompletions row =
        new PromptCompletions(PROMPT, List.of(new int[] {7, 8}, new int[] {511, 99, 100}));
    try (Network network = network(slice)) {
      List<Parameter> parameters = network.unfreeze();
      try (ForwardPass pass = network.forward(List.of(row))) {
        pass.backward(new double[][] {{1, -0.5}, {0.25, 2, 1}});
      }
      List<float[]> gradients = new ArrayList<>();
      parameters.forEach(parameter -> gradients.add(parameter.gradient().clone()));
      return gradients;
    }
  }

  private static Network network(int slice) throws IOException {
    return Network.open(
        TestModels.tiny(), new NetworkSettings(2, Arithmetic.FLOAT32, false, slice));
  }
}
