package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

import org.hipparchus.special.Beta;

/** The e-process of votes against even odds. */
public final class BinomialEvidence {
  private BinomialEvidence() {}

  /**
   * Natural logarithm of the e-value {@code E = 2^(n+1) B(W+1, L+1) P(Beta(W+1, L+1) > 1/2)}: the
   * likelihood of the votes when the chance p of a win is uniform on [1/2, 1], over their
   * likelihood at 1/2. Under the null hypothesis p &lt;= 1/2 it is a supermartingale that starts at
   * 1, so it ever reaches {@code 1/a} with a probability of at most {@code a} (Ville 1939; Robbins
   * 1970).
   */
  public static double logEValue(int wins, int losses) {
    require(wins >= 0 && losses >= 0, "a number of votes is negative");
    double above = Beta.regularizedBeta(0.5, losses + 1.0, wins + 1.0);
    return (wins + losses + 1) * Math.log(2)
        + Beta.logBeta(wins + 1.0, losses + 1.0)
        + Math.log(above);
  }
}
