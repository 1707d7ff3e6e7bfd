package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

import java.util.Arrays;

/**
 * KL(π ‖ π_ref) of the answers that a policy writes, in nats an answer. Half of them lie below 0.8
 * nats and one in a hundred above 70, so the mean is trimmed and the tail is judged by its share.
 *
 * @param mean without the 2 % lowest and the 2 % highest answers
 * @param answers number of answers
 * @param beyond how many of them lie beyond {@link #TAIL_NATS}
 */
public record KlEstimate(double mean, int answers, int beyond) {
  /** From here on an answer counts as one that the reference would hardly write. */
  public static final double TAIL_NATS = 30;

  private static final double TRIMMED_SHARE = 0.02;

  /** What is known before anything was measured, and of a policy that is the reference. */
  public static final KlEstimate NONE = new KlEstimate(0, 0, 0);

  public KlEstimate {
    require(answers >= 0 && beyond >= 0 && beyond <= answers, "more answers beyond than answers");
  }

  /**
   * The estimate of sampled answers.
   *
   * @param nats of each answer: the sum over its positions of the KL between the two next-token
   *     distributions (arXiv 2504.10637)
   */
  public static KlEstimate of(double[] nats) {
    require(nats.length > 0, "no answers to measure");
    double[] sorted = nats.clone();
    Arrays.sort(sorted);
    int trimmed = (int) (TRIMMED_SHARE * sorted.length);
    double mean = Arrays.stream(sorted, trimmed, sorted.length - trimmed).average().orElseThrow();
    int beyond = (int) Arrays.stream(sorted).filter(value -> !(value <= TAIL_NATS)).count();
    return new KlEstimate(mean, sorted.length, beyond);
  }

  /** Share of the answers in the tail. */
  public double tailShare() {
    return answers == 0 ? 0 : (double) beyond / answers;
  }

  /**
   * The chance of as many answers in the tail, or more, if their true share is {@code share}: the
   * exact binomial test.
   */
  public double tailPValue(double share) {
    double below = 0;
    double term = Math.pow(1 - share, answers);
    for (int k = 0; k < beyond; k++) {
      below += term;
      term *= (double) (answers - k) / (k + 1) * share / (1 - share);
    }
    return Math.clamp(1 - below, 0, 1);
  }
}
