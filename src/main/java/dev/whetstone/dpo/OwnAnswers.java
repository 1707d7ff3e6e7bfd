package dev.whetstone.dpo;

import dev.whetstone.dpo.network.Network;
import dev.whetstone.dpo.network.Prompted;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * KL(π ‖ π_ref) as it is defined, over answers that the policy writes itself: the recorded ones say
 * nothing of what it writes that nobody wrote before.
 *
 * @param prompts that are answered
 * @param most tokens of an answer
 * @param tokenBudget most tokens of prompts and answers that run together
 * @param seed with the step, of the draws
 */
record OwnAnswers(List<int[]> prompts, int most, int tokenBudget, long seed) {
  private static final int ANSWERS = 16;

  /** What the gate lets answers have. */
  private static final int LONGEST = 96;

  OwnAnswers {
    prompts = List.copyOf(prompts);
  }

  /** Answers to the prompts of held-out pairs, in turn. */
  static OwnAnswers to(List<TokenPair> pairs, BatchConfig config, int contextLength) {
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < ANSWERS; i++) {
      prompts.add(pairs.get(i % pairs.size()).prompt());
    }
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    return new OwnAnswers(
        prompts,
        Math.clamp(contextLength - longest, 1, LONGEST),
        config.tokenBudget(),
        config.seed());
  }

  /**
   * Nats an answer: the mean over answers of the sum over their tokens of the KL of the whole
   * next-token distributions, which has the mean of log π − log π_ref and less variance. An answer
   * that has not ended is cut.
   */
  double kl(Network network, int step) {
    RandomGenerator random = new SplittableRandom(seed * 1_000_003 + step);
    double sum = 0;
    int longest = prompts.stream().mapToInt(prompt -> prompt.length).max().orElseThrow();
    int together = Math.max(1, tokenBudget / (longest + most));
    for (int from = 0; from < prompts.size(); from += together) {
      List<int[]> some = prompts.subList(from, Math.min(prompts.size(), from + together));
      sum += kl(network, some, network.sample(some, most, random));
    }
    return sum / prompts.size();
  }

  private static double kl(Network network, List<int[]> prompts, List<int[]> answers) {
    List<Prompted> rows = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(new Prompted(prompts.get(i), List.of(answers.get(i))));
    }
    double sum = 0;
    for (float[] tokens : network.compare(rows).divergences()) {
      for (float token : tokens) {
        sum += token;
      }
    }
    return sum;
  }
}
