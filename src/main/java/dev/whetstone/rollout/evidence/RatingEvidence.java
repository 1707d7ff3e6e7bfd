package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

/**
 * Counted ratings of single answers in a duel, one a conversation, and what they prove; see {@link
 * RatingProcess}.
 *
 * @param candidateUp good ratings of conversations that the candidate had; the others likewise
 * @param logEValue natural logarithm of the e-value against "users approve of the candidate no more
 *     than of the champion"
 * @param logMirrored the same against "no less"
 * @param logFutility the same of {@link #futility}
 */
public record RatingEvidence(
    int candidateUp,
    int candidateDown,
    int championUp,
    int championDown,
    double logEValue,
    double logMirrored,
    double logFutility) {
  public static final RatingEvidence NONE = new RatingEvidence(0, 0, 0, 0, 0, 0, 0);

  public RatingEvidence {
    require(
        candidateUp >= 0 && candidateDown >= 0 && championUp >= 0 && championDown >= 0,
        "a number of ratings is negative");
  }

  /** Number of counted ratings. */
  public int ratings() {
    return candidateUp + candidateDown + championUp + championDown;
  }

  /** The e-value, at most the largest double. */
  public double eValue() {
    return Math.min(Math.exp(logEValue), Double.MAX_VALUE);
  }

  /** As {@link VoteEvidence#futility}: how much likelier even arms are than a clear difference. */
  public double futility() {
    return Math.min(Math.exp(logFutility), Double.MAX_VALUE);
  }
}
