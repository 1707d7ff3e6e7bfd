package dev.whetstone.training;

import dev.whetstone.dpo.evaluation.BinomialEvidence;
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

  // Evidence for the rate of wrong ranks, which is that against the rate of right ones.
  static double logEvidence(int right, int wrong) {
    return BinomialEvidence.logEValue(wrong, right);
  }
}
