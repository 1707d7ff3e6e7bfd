package dev.whetstone.dpo.evaluation;

/**
 * What the network alone sees of a batch, as sums.
 *
 * @param entropy of the policy at all completion tokens, in nats
 * @param tokens of both completions
 * @param correct chosen tokens that are the policy's most probable ones
 * @param chosenTokens of the chosen completions
 */
public record TokenMetrics(double entropy, long tokens, long correct, long chosenTokens) {
  public static final TokenMetrics NONE = new TokenMetrics(0, 0, 0, 0);

  public TokenMetrics plus(TokenMetrics other) {
    return new TokenMetrics(
        entropy + other.entropy,
        tokens + other.tokens,
        correct + other.correct,
        chosenTokens + other.chosenTokens);
  }

  /** Mean entropy per token, TRL's {@code entropy}. */
  public double meanEntropy() {
    return tokens == 0 ? 0 : entropy / tokens;
  }

  /** TRL's {@code mean_token_accuracy}, which looks at the chosen completions alone. */
  public double meanAccuracy() {
    return chosenTokens == 0 ? 0 : (double) correct / chosenTokens;
  }
}
