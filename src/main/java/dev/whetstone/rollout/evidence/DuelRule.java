package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

/**
 * When the votes of a duel decide.
 *
 * @param threshold e-value at which the candidate is promoted, see {@link AttemptThreshold}
 * @param futility {@link VoteEvidence#futility} at which more votes are not worth while
 * @param maxVotes counted votes after which the duel ends undecided
 */
public record DuelRule(double threshold, double futility, int maxVotes) {
  /** What the votes say. */
  public enum Verdict {
    PROMOTE,
    /** The candidate is not clearly better, or worse. */
    FUTILE,
    /** Undecided at the limit of votes. */
    CAPPED,
    CONTINUE
  }

  public DuelRule {
    require(
        threshold >= 1 && futility > 1 && maxVotes >= 1,
        "a duel needs a threshold of at least 1, a futility above 1 and at least one vote");
  }

  public Verdict verdict(VoteEvidence evidence) {
    if (evidence.logEValue() >= Math.log(threshold)) {
      return Verdict.PROMOTE;
    }
    if (evidence.futility() >= futility) {
      return Verdict.FUTILE;
    }
    return evidence.votes() >= maxVotes ? Verdict.CAPPED : Verdict.CONTINUE;
  }
}
