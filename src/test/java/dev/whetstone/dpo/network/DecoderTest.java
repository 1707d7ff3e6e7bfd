package dev.whetstone.dpo.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.lora.PeftFiles;
import dev.whetstone.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DecoderTest {
  private static final Path ADAPTER =
      Path.of("src/test/resources/golden/train-tiny-sigmoid/adapter_final.safetensors");
  private static final int WORDS = 512;
  private static final int MAX_TOKENS = 40;

  /** Every token is where its draw falls among the log-probs of a pass over all before it. */
  @Test
  void answersAreDrawnFromThePolicy() throws IOException {
    List<int[]> prompts =
        List.of(
            new int[] {1, 291, 201, 372, 269, 267, 333, 33, 2, 201, 1, 292, 201, 43},
            new int[] {1, 291, 201, 372, 269, 267, 333, 33, 2, 201, 1, 292, 201},
            new int[] {1, 291, 201},
            new int[] {43});
    try (Network network = Network.open(TestModels.tiny(), NetworkSettings.exact(2))) {
      var _ = network.adapt(PeftFiles.read(Files.readAllBytes(ADAPTER), 8, 16));
      int held = HeldArrays.of(network);

      List<int[]> answers = network.sample(prompts, MAX_TOKENS, 1, new SplittableRandom(5));

      assertThat(HeldArrays.of(network)).isEqualTo(held);
      assertThat(answers).hasSameSizeAs(prompts);
      RandomGenerator again = new SplittableRandom(5);
      int longest = answers.stream().mapToInt(answer -> answer.length).max().orElseThrow();
      for (int t = 0; t < longest; t++) {
        for (int i = 0; i < prompts.size(); i++) {
          double draw = again.nextDouble();
          if (t < answers.get(i).length) {
            requireDrawn(network, prompts.get(i), answers.get(i), t, draw);
          }
        }
      }
      assertThat(answers).allSatisfy(answer -> assertThat(ended(answer)).isTrue());
      assertThat(answers).anySatisfy(answer -> assertThat(answer.length).isBetween(5, MAX_TOKENS));
    }
  }

  private static void requireDrawn(
      Network network, int[] prompt, int[] answer, int t, double draw) {
    int[] before =
        Stream.of(prompt, Arrays.copyOf(answer, t)).flatMapToInt(Arrays::stream).toArray();
    float[][] logps =
        network
            .policyScores(
                List.of(
                    new PromptCompletions(
                        before,
                        IntStream.range(0, WORDS).mapToObj(word -> new int[] {word}).toList())))
            .logps();
    double below =
        IntStream.range(0, answer[t]).mapToDouble(word -> Math.exp(logps[word][0])).sum();
    assertThat(draw).isBetween(below - 1e-5, below + Math.exp(logps[answer[t]][0]) + 1e-5);
  }

  /** Whether there is an end token at the end, or none at full length, and never one before. */
  private static boolean ended(int[] answer) {
    int end = IntStream.range(0, answer.length).filter(i -> answer[i] == 2).findFirst().orElse(-1);
    return end == answer.length - 1 || (end == -1 && answer.length == MAX_TOKENS);
  }
}
