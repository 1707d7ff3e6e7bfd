package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.dpo.evaluation.AttemptThreshold;

/**
 * When the votes and ratings of a duel decide.
 *
 * @param threshold e-value at which the candidate is promoted, see {@link AttemptThreshold}
 * @param futility {@link DuelEvidence#futility} at which more votes are not worth while
 * @param maxVotes counted votes and ratings after which the duel ends undecided
 */
public record DuelRule(double threshold, double futility, int maxVotes) {
  /** E-value at which one stream, against the other, keeps the candidate from its promotion. */
  private static final double CONTRADICTION = 20;

  /** What votes and ratings say. */
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

  /** The verdict on all counted votes and ratings so far. */
  public Verdict verdict(DuelEvidence evidence) {
    if (evidence.logEValue() >= Math.log(threshold) && !evidence.isContradicted(CONTRADICTION)) {
      return Verdict.PROMOTE;
    }
    if (evidence.futility() >= futility) {
      return Verdict.FUTILE;
    }
    return evidence.counted() >= maxVotes ? Verdict.CAPPED : Verdict.CONTINUE;
  }
}
