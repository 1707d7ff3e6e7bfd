package dev.whetstone.training;

import java.util.OptionalInt;

/**
 * Notices that users no longer want what the champion learned. Of the votes since its promotion,
 * the e-process against "it ranks at least half of them rightly" mixes all lower rates evenly; by
 * Ville's inequality it ever reaches {@link #THRESHOLD} with a chance of 1 in 20 at most while that
 * is true.
 */
public final class TasteShift {
  /** From here on the taste has turned. */
  public static final double THRESHOLD = 20;

  /** The first votes since a promotion that are looked at. */
  public static final int MAX_VOTES = 500;

  private static final double[] LOG_FACTORIAL = logFactorials();

  private TasteShift() {}

  /**
   * The first vote of the new taste; empty as long as the taste has not turned. It is the begin of
   * the votes that speak most clearly against the champion: all of them, or fewer when the taste
   * turned later than the promotion.
   *
   * @param rightly for each vote since the promotion, in order, whether the champion ranks its two
   *     answers as the voter did; at most {@link #MAX_VOTES}
   */
  public static OptionalInt begin(boolean[] rightly) {
    if (highest(rightly) < Math.log(THRESHOLD)) {
      return OptionalInt.empty();
    }
    int begin = 0;
    double clearest = Double.NEGATIVE_INFINITY;
    int right = 0;
    int wrong = 0;
    for (int from = rightly.length - 1; from >= 0; from--) {
      right += rightly[from] ? 1 : 0;
      wrong += rightly[from] ? 0 : 1;
      double evidence = logEvidence(right, wrong);
      if (evidence >= clearest) {
        clearest = evidence;
        begin = from;
      }
    }
    return OptionalInt.of(begin);
  }

  private static double highest(boolean[] rightly) {
    double highest = 0;
    int right = 0;
    for (int i = 0; i < rightly.length; i++) {
      right += rightly[i] ? 1 : 0;
      highest = Math.max(highest, logEvidence(right, i + 1 - right));
    }
    return highest;
  }

  /** log of 2^(n+1) ∫ p^right (1−p)^wrong dp over p from 0 to 1/2, with n the number of votes. */
  static double logEvidence(int right, int wrong) {
    // P(Beta(right + 1, wrong + 1) < 1/2) = P(Binomial(n + 1, 1/2) > right), so that the integral
    // is
    // B(right + 1, wrong + 1) times a sum of n + 1 − right binomial terms.
    int n = right + wrong;
    double logBeta = LOG_FACTORIAL[right] + LOG_FACTORIAL[wrong] - LOG_FACTORIAL[n + 1];
    double tail = 0;
    for (int k = right + 1; k <= n + 1; k++) {
      tail +=
          Math.exp(
              LOG_FACTORIAL[n + 1]
                  - LOG_FACTORIAL[k]
                  - LOG_FACTORIAL[n + 1 - k]
                  - (n + 1) * Math.log(2));
    }
    return (n + 1) * Math.log(2) + logBeta + Math.log(tail);
  }

  private static double[] logFactorials() {
    double[] values = new double[MAX_VOTES + 2];
    for (int i = 2; i < values.length; i++) {
      values[i] = values[i - 1] + Math.log(i);
    }
    return values;
  }
}
