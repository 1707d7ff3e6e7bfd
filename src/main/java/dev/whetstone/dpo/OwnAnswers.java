package dev.whetstone.dpo;

import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.Prompted;
import dev.whetstone.weights.ModelConfig;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * KL(π ‖ π_ref) as it is defined, over answers that the policy writes itself: the recorded ones say
 * nothing of what it writes that nobody wrote before.
 *
 * @param prompts that are answered, in turn
 * @param length most tokens of an answer
 * @param together answers that are written at once
 * @param count of answers in all; a few that go astray weigh much, so that it takes many to see how
 *     many do
 * @param seed with the step, of the draws
 */
record OwnAnswers(List<int[]> prompts, int length, int together, int count, long seed) {
  /** What the gate lets answers have, in tokens. */
  private static final int LONGEST = 96;

  private static final int TOGETHER = 32;
  private static final int MOST_ANSWERS = 256;

  /**
   * Weights times tokens of answers: bounds the time on a large model, some 32 answers on SmolLM2.
   */
  private static final double WORK = 4e11;

  OwnAnswers {
    prompts = List.copyOf(prompts);
  }

  /** Answers to the prompts of held-out pairs. */
  static OwnAnswers to(List<TokenPair> pairs, BatchConfig config, ModelConfig base) {
    List<int[]> prompts = pairs.stream().map(TokenPair::prompt).toList();
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int length = Math.clamp((long) base.contextLength() - longest, 1, LONGEST);
    int affordable = (int) Math.min(MOST_ANSWERS, WORK / length / weights(base));
    return new OwnAnswers(
        prompts,
        length,
        Math.clamp(config.tokenBudget() / (longest + length), 1, TOGETHER),
        Math.max(TOGETHER, affordable),
        config.seed());
  }

  private static double weights(ModelConfig base) {
    double width = base.hiddenSize();
    double layer = width * (4 * width + 3.0 * base.intermediateSize());
    return base.layers() * layer + base.vocabularySize() * width;
  }

  /**
   * Nats an answer: the mean over answers of the sum over their tokens of the KL of the whole
   * next-token distributions, which has the mean of log π − log π_ref and less variance. An answer
   * that does not end is cut.
   */
  double kl(Network network, int step) {
    RandomGenerator random = new SplittableRandom(seed * 1_000_003 + step);
    double sum = 0;
    for (int from = 0; from < count; from += together) {
      List<int[]> some =
          IntStream.range(from, Math.min(count, from + together))
              .mapToObj(i -> prompts.get(i % prompts.size()))
              .toList();
      sum += divergence(network, some, network.sample(some, length, random));
    }
    return sum / count;
  }

  private static double divergence(Network network, List<int[]> prompts, List<int[]> answers) {
    List<Prompted> rows =
        IntStream.range(0, prompts.size())
            .mapToObj(i -> new Prompted(prompts.get(i), List.of(answers.get(i))))
            .toList();
    return Arrays.stream(network.compare(rows).divergences())
        .mapToDouble(tokens -> IntStream.range(0, tokens.length).mapToDouble(t -> tokens[t]).sum())
        .sum();
  }
}
