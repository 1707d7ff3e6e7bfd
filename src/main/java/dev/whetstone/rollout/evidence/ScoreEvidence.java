package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

/**
 * The e-process of two forecasters' scores, {@code E = prod(1 + lambda_t d_t)} for differences d in
 * [-1, 1] of their scores and {@code 0 <= lambda_t <= 1/2} chosen from the past. Under "the first
 * does not predict better" it reaches {@code 1/a} with a probability of at most {@code a} (Choe and
 * Ramdas, "Comparing sequential forecasters", arXiv 2110.00115).
 */
public final class ScoreEvidence {
  private static final double MAX_STAKE = 0.5;

  private double logEValue;
  private double logHighest;
  private int count;
  private double sum;
  private double squares;

  /**
   * Takes the next difference.
   *
   * @param difference score of the first less that of the second, in [-1, 1]
   */
  public void add(double difference) {
    require(difference >= -1 && difference <= 1, "a difference of scores must be in [-1, 1]");
    logEValue += Math.log1p(stake() * difference);
    logHighest = Math.max(logHighest, logEValue);
    count++;
    sum += difference;
    squares += difference * difference;
  }

  // The stake that would have been best so far (Kelly, to second order), shrunk towards none.
  private double stake() {
    double mean = sum / (count + 1);
    double square = (0.05 + squares) / (count + 1);
    return Math.clamp(mean / square, 0, MAX_STAKE);
  }

  /** Natural logarithm of the e-value. */
  public double logEValue() {
    return logEValue;
  }

  /** The e-value, at most the largest double. */
  public double eValue() {
    return Math.min(Math.exp(logEValue), Double.MAX_VALUE);
  }

  /** The largest e-value so far, which by Ville's inequality may be judged at any time. */
  public double highest() {
    return Math.min(Math.exp(logHighest), Double.MAX_VALUE);
  }

  /** {@code 1 - (1 - p)^2}, one less the Brier score, of a vote that went as p predicted it. */
  public static double brier(double probability) {
    return 1 - (1 - probability) * (1 - probability);
  }
}
