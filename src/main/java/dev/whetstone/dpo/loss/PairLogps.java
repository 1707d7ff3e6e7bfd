package dev.whetstone.dpo.loss;

/**
 * The log-probs of one pair's completions: the input of the loss.
 *
 * @param id of the {@code TokenPair}
 * @param weight of the pair in the batch's loss
 */
public record PairLogps(String id, Completion chosen, Completion rejected, double weight) {
  /**
   * One completion; arrays are {@code [length]}, in nats.
   *
   * @param policy log-prob of each token under the policy in training
   * @param reference log-prob of each token under the frozen reference
   * @param logSumSquares log Σ p² over the policy's whole distribution at each token; empty unless
   *     WPO needs it
   */
  public record Completion(double[] policy, double[] reference, double[] logSumSquares) {
    public Completion {
      if (policy.length == 0 || policy.length != reference.length) {
        throw new IllegalArgumentException(
            policy.length + " policy log-probs, but " + reference.length + " of the reference");
      }
      if (logSumSquares.length != 0 && logSumSquares.length != policy.length) {
        throw new IllegalArgumentException(
            policy.length + " log-probs, but " + logSumSquares.length + " values of log Σ p²");
      }
    }

    /** A completion without log Σ p². */
    public Completion(double[] policy, double[] reference) {
      this(policy, reference, new double[0]);
    }

    public int length() {
      return policy.length;
    }

    /** log π(y) − log π_ref(y), summed over all tokens, in nats. */
    public double logRatio() {
      double sum = 0;
      for (int t = 0; t < policy.length; t++) {
        sum += policy[t] - reference[t];
      }
      return sum;
    }

    /** Σ_t KL(π(·|prefix) ‖ π_ref(·|prefix)) in nats, estimated from the completion's tokens. */
    public double klEstimate() {
      double sum = 0;
      for (int t = 0; t < policy.length; t++) {
        sum += klEstimate(policy[t] - reference[t]);
      }
      return sum;
    }

    /**
     * r log r − r + 1, r = π/π_ref: never negative, unbiased for tokens sampled from the reference.
     */
    private static double klEstimate(double logRatio) {
      return Math.exp(logRatio) * (logRatio - 1) + 1;
    }
  }
}
