package dev.whetstone.rollout.evidence;

/**
 * Both streams of a duel: votes on pairs and ratings of single answers. Each e-value is a bet that
 * looks at nothing but the past of both, so that their product is one, too.
 */
public record DuelEvidence(VoteEvidence votes, RatingEvidence ratings) {
  public static final DuelEvidence NONE = of(VoteEvidence.NONE);

  /** Votes without ratings. */
  public static DuelEvidence of(VoteEvidence votes) {
    return new DuelEvidence(votes, RatingEvidence.NONE);
  }

  /** Natural logarithm of the joint e-value. */
  public double logEValue() {
    return votes.logEValue() + ratings.logEValue();
  }

  /** The joint e-value against "the candidate is no better", at most the largest double. */
  public double eValue() {
    return Math.min(Math.exp(logEValue()), Double.MAX_VALUE);
  }

  /**
   * Counted votes and ratings that are missing until an e-value, if it goes on to grow as it has so
   * far; infinite while nothing speaks for the candidate.
   */
  public double missingUntil(double threshold) {
    double missing = Math.log(threshold) - logEValue();
    if (missing <= 0) {
      return 0;
    }
    return logEValue() <= 0 ? Double.POSITIVE_INFINITY : missing * counted() / logEValue();
  }

  /** How much likelier even arms are than a difference that is worth while, in both streams. */
  public double futility() {
    return Math.min(votes.futility() * ratings.futility(), Double.MAX_VALUE);
  }

  /** Number of counted votes and ratings. */
  public int counted() {
    return votes.votes() + ratings.ratings();
  }

  /** Whether one stream by itself says, at this e-value, that the candidate is worse. */
  public boolean isContradicted(double threshold) {
    return Math.max(votes.mirrored().logEValue(), ratings.logMirrored()) >= Math.log(threshold);
  }
}
