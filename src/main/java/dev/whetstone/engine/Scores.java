package dev.whetstone.engine;

import dev.whetstone.engine.sampling.TokenLogprob;
import java.util.List;

/**
 * Log-probs of a completion, in nats.
 *
 * @param logps log-prob of each completion token given all before it, at temperature 1
 * @param cachedTokens prompt tokens taken from the prefix cache
 * @param topLogprobs the most probable alternatives of each token; empty when not requested
 */
public record Scores(float[] logps, int cachedTokens, List<List<TokenLogprob>> topLogprobs) {
  /** Scores without alternatives. */
  public Scores(float[] logps, int cachedTokens) {
    this(logps, cachedTokens, List.of());
  }

  /** Log-prob of the whole completion, in nats a sequence. */
  public double sum() {
    double sum = 0;
    for (float logp : logps) {
      sum += logp;
    }
    return sum;
  }
}
