package dev.whetstone.dpo;

import org.jspecify.annotations.Nullable;

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
   * @param logSumSquares log Σ p² over the policy's whole distribution at each token; only WPO
   *     weighting reads it
   */
  public record Completion(double[] policy, double[] reference, double @Nullable [] logSumSquares) {
    public Completion {
      if (policy.length == 0 || policy.length != reference.length) {
        throw new IllegalArgumentException(
            policy.length + " policy log-probs beside " + reference.length + " of the reference");
      }
      if (logSumSquares != null && logSumSquares.length != policy.length) {
        throw new IllegalArgumentException(
            policy.length + " log-probs beside " + logSumSquares.length + " log Σ p²");
      }
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
  }
}
