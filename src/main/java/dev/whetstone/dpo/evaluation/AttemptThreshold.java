package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

/**
 * Thresholds of e-values for many attempts. The k-th asks for {@code base (pi^2/6) k^2}; as the
 * reciprocals add up to {@code 1/base}, that bounds the chance that any reaches its own while the
 * null hypothesis is true, however many there are.
 */
public final class AttemptThreshold {
  private static final double ZETA_2 = Math.PI * Math.PI / 6;

  private AttemptThreshold() {}

  /**
   * The e-value that the k-th attempt needs.
   *
   * @param base reciprocal of the error rate of all attempts together
   * @param attempt from 1
   */
  public static double of(double base, int attempt) {
    require(base >= 1 && attempt >= 1, "a threshold needs a base and an attempt of at least 1");
    return base * ZETA_2 * attempt * attempt;
  }
}
