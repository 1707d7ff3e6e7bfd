package dev.whetstone.dpo.loss;

/**
 * The log-probs of one pair's completions, as the loss takes them.
 *
 * @param id of the {@code TokenPair}
 * @param weight of the pair
 */
public record PairLogps(String id, Completion chosen, Completion rejected, double weight) {
  /**
   * One completion {@code [length]}.
   *
   * @param policy log-prob of each token under the policy in training
   * @param reference log-prob of each token under the frozen reference
   * @param logSumSquares log Σ p² over the policy's whole distribution at each token; empty where
   *     WPO does not weigh
   */
  public record Completion(double[] policy, double[] reference, double[] logSumSquares) {
    public Completion {
      if (policy.length == 0 || policy.length != reference.length) {
        throw new IllegalArgumentException(
            policy.length + " policy log-probs beside " + reference.length + " of the reference");
      }
      if (logSumSquares.length != 0 && logSumSquares.length != policy.length) {
        throw new IllegalArgumentException(
            policy.length + " log-probs beside " + logSumSquares.length + " log Σ p²");
      }
    }

    /** A completion whose log-probs alone are known. */
    public Completion(double[] policy, double[] reference) {
      this(policy, reference, new double[0]);
    }

    public int length() {
      return policy.length;
    }

    /** log π(y) − log π_ref(y) over all tokens. */
    public double logRatio() {
      double sum = 0;
      for (int t = 0; t < policy.length; t++) {
        sum += policy[t] - reference[t];
      }
      return sum;
    }

    /** Σ_t KL(π(·|prefix) ‖ π_ref(·|prefix)), estimated from the tokens. */
    public double divergence() {
      double sum = 0;
      for (int t = 0; t < policy.length; t++) {
        sum += estimate(policy[t] - reference[t]);
      }
      return sum;
    }

    /**
     * r log r − r + 1 with r = π/π_ref: never negative, and unbiased for the reference's tokens.
     */
    private static double estimate(double logRatio) {
      return Math.exp(logRatio) * (logRatio - 1) + 1;
    }
  }
}
