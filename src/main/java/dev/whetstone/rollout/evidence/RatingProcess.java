package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

/**
 * The e-process of ratings over the conversations of a duel, in which an arm is drawn for each:
 * with A = 1 for the candidate, drawn with chance s, and R = 1 or -1 for a good or bad rating and 0
 * where nobody rated, {@code Z = (A/s - (1-A)/(1-s)) R} has the mean of what users think of the
 * candidate less that of the champion, whoever rates. {@code E = prod(1 + lambda Z)} with {@code 0
 * <= lambda <= min(s, 1-s)/2} chosen from the past reaches 1/a under "no better" with a probability
 * of at most a. Approval among those who rate would be biased where an arm changes who does.
 *
 * <p>Conversations are taken in the order in which they began; those without a rating leave the
 * e-value as it is, and are left out.
 */
public final class RatingProcess {
  /** What counts as worth telling from even arms: at s = 1/2 odds of 60:40, as for votes. */
  private static final double WORTHWHILE = 0.2;

  private final ScoreEvidence better = new ScoreEvidence();
  private final ScoreEvidence worse = new ScoreEvidence();
  private final int[] counts = new int[4];
  private double logFutility;

  /**
   * Takes the rating of the next conversation.
   *
   * @param candidate whether the candidate had it, else the champion
   * @param share chance with which the candidate was drawn, in (0, 1)
   */
  public void add(boolean candidate, double share, boolean up) {
    require(share > 0 && share < 1, "the share of an arm must be in (0, 1)");
    double z = (candidate ? 1 / share : -1 / (1 - share)) * (up ? 1 : -1);
    // In [-1, 1], so that a stake of at most one half on it is the lambda above on z.
    double scaled = Math.clamp(z * Math.min(share, 1 - share), -1, 1);
    better.add(scaled);
    worse.add(-scaled);
    logFutility -= Math.log1p(WORTHWHILE * scaled);
    counts[(candidate ? 0 : 2) + (up ? 0 : 1)]++;
  }

  /** What the ratings so far prove. */
  public RatingEvidence evidence() {
    return new RatingEvidence(
        counts[0],
        counts[1],
        counts[2],
        counts[3],
        better.logEValue(),
        worse.logEValue(),
        logFutility);
  }
}
