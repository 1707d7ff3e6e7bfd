package dev.whetstone.training;

import dev.whetstone.dpo.evaluation.AttemptThreshold;
import dev.whetstone.dpo.evaluation.BinomialEvidence;
import java.util.List;
import java.util.OptionalInt;

/**
 * Notices that users no longer want what was learned from them. Each vote is judged by the newest
 * model that was trained before it: whether that ranks the two answers as the voter did. With each
 * new model an e-process begins anew against "at least half are ranked rightly", which mixes all
 * lower rates evenly, so that many votes before a turn do not hide it. The thresholds of all of
 * them since a promotion spend {@code 1/}{@link #THRESHOLD}, so by Ville's inequality one of them
 * ever ends that way with a chance of 1 in 20 at most while half are ranked rightly.
 */
public final class TasteShift {
  /** Reciprocal of the chance of a turn that is none. */
  public static final double THRESHOLD = 20;

  /** The newest models whose votes are looked at. */
  public static final int MAX_JUDGES = 4;

  /** The first votes of a model that are looked at. */
  public static final int MAX_VOTES = 200;

  private TasteShift() {}

  /**
   * The first vote of the new taste among all that were judged; empty as long as the taste has not
   * turned. It is the begin of the votes that speak most clearly against the models.
   *
   * @param judged for each model, in order, whether it ranks the answers of its votes as their
   *     voters did
   * @param earlier number of models since the promotion that were left out before these
   */
  public static OptionalInt begin(List<boolean[]> judged, int earlier) {
    boolean[] rightly = new boolean[judged.stream().mapToInt(votes -> votes.length).sum()];
    int next = 0;
    for (boolean[] votes : judged) {
      System.arraycopy(votes, 0, rightly, next, votes.length);
      next += votes.length;
    }
    int from = 0;
    boolean turned = false;
    for (int judge = 0; judge < judged.size(); judge++) {
      double threshold = Math.log(AttemptThreshold.of(THRESHOLD, earlier + judge + 1));
      turned |= highest(rightly, from) >= threshold;
      from += judged.get(judge).length;
    }
    return turned ? OptionalInt.of(clearest(rightly)) : OptionalInt.empty();
  }

  private static int clearest(boolean[] rightly) {
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
    return begin;
  }

  private static double highest(boolean[] rightly, int from) {
    double highest = 0;
    int right = 0;
    for (int i = from; i < rightly.length; i++) {
      right += rightly[i] ? 1 : 0;
      highest = Math.max(highest, logEvidence(right, i - from + 1 - right));
    }
    return highest;
  }

  // Evidence for the rate of wrong ranks, which is that against the rate of right ones.
  static double logEvidence(int right, int wrong) {
    return BinomialEvidence.logEValue(wrong, right);
  }
}
