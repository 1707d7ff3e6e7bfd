package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

/**
 * When votes after a promotion take it back.
 *
 * @param threshold e-value against "the champion is at least as good as its predecessor"
 */
public record WatchRule(double threshold) {
  public WatchRule {
    require(threshold >= 1, "the threshold of a watch is at least 1");
  }

  /**
   * Whether the champion is proved worse.
   *
   * @param champion its votes against its predecessor since the promotion, none from the duel:
   *     those were selected by it
   */
  public boolean isWorse(VoteEvidence champion) {
    // An e-value below one half cannot be the mirror of one that proves something.
    return champion.losses() > champion.wins()
        && champion.mirrored().logEValue() >= Math.log(threshold);
  }

  /** Share of pairs for the watch: many at first, few once enough were watched. */
  public static double share(int watched, int firstVotes, double first, double later) {
    return watched < firstVotes ? first : later;
  }
}
