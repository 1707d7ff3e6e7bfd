package dev.whetstone.engine;

/**
 * Log-probs of a completion, in nats.
 *
 * @param logps log-prob of each completion token given all before it, at temperature 1
 * @param cachedTokens prompt tokens taken from the prefix cache
 */
public record Scores(float[] logps, int cachedTokens) {
  /** Log-prob of the whole completion, in nats a sequence. */
  public double sum() {
    double sum = 0;
    for (float logp : logps) {
      sum += logp;
    }
    return sum;
  }
}
