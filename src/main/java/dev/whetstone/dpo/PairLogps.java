package dev.whetstone.dpo;

/**
 * The log-probs of one pair's completions, as the loss takes them.
 *
 * @param id of the {@link TokenPair}
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
   * @param divergences KL(π ‖ π_ref) of the whole distributions at each token, in nats; empty where
   *     they were not computed
   */
  public record Completion(
      double[] policy, double[] reference, double[] logSumSquares, double[] divergences) {
    public Completion {
      if (policy.length == 0 || policy.length != reference.length) {
        throw new IllegalArgumentException(
            policy.length + " policy log-probs beside " + reference.length + " of the reference");
      }
      requireOneEach("log Σ p²", logSumSquares.length, policy.length);
      requireOneEach("divergences", divergences.length, policy.length);
    }

    private static void requireOneEach(String what, int given, int tokens) {
      if (given != 0 && given != tokens) {
        throw new IllegalArgumentException(tokens + " log-probs beside " + given + " " + what);
      }
    }

    /** A completion whose log-probs alone are known. */
    public Completion(double[] policy, double[] reference) {
      this(policy, reference, new double[0], new double[0]);
    }

    /** A completion that WPO weighs. */
    public Completion(double[] policy, double[] reference, double[] logSumSquares) {
      this(policy, reference, logSumSquares, new double[0]);
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

    /** Σ_t KL(π(·|prefix) ‖ π_ref(·|prefix)), estimated from the tokens where it is not known. */
    public double divergence() {
      double sum = 0;
      for (int t = 0; t < policy.length; t++) {
        sum += divergences.length > 0 ? divergences[t] : estimate(policy[t] - reference[t]);
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
