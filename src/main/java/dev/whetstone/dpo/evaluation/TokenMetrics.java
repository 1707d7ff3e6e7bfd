package dev.whetstone.dpo.evaluation;

/**
 * Sums over the tokens of a batch that need the network alone, no reference.
 *
 * @param entropy sum of the policy's entropy at all completion tokens, in nats
 * @param tokens number of tokens of both completions
 * @param correct number of chosen tokens that are the policy's most probable ones
 * @param chosenTokens number of tokens of the chosen completions
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

  /** Mean entropy in nats a token, TRL's {@code entropy}. */
  public double meanEntropy() {
    return tokens == 0 ? 0 : entropy / tokens;
  }

  /** TRL's {@code mean_token_accuracy}, which counts the chosen completions alone. */
  public double meanAccuracy() {
    return chosenTokens == 0 ? 0 : (double) correct / chosenTokens;
  }
}
