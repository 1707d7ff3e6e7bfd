package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.dpo.evaluation.BinomialEvidence;

/**
 * Counted votes between two versions, and what they prove. Ties and votes that were not admitted
 * are not among them.
 *
 * @param wins votes for the one in question
 * @param losses votes for the other
 */
public record VoteEvidence(int wins, int losses) {
  public static final VoteEvidence NONE = new VoteEvidence(0, 0);

  /** What counts as worth telling from an even duel, see {@link #futility}. */
  private static final double WORTHWHILE = 0.6;

  public VoteEvidence {
    require(wins >= 0 && losses >= 0, "a number of votes is negative");
  }

  public int votes() {
    return wins + losses;
  }

  /** Natural logarithm of the e-value, see {@link BinomialEvidence}. */
  public double logEValue() {
    return BinomialEvidence.logEValue(wins, losses);
  }

  /** The e-value against "it wins at most half of the votes", at most the largest double. */
  public double eValue() {
    return Math.min(Math.exp(logEValue()), Double.MAX_VALUE);
  }

  /** The same votes seen from the other side: its e-value is against "the other is no better". */
  public VoteEvidence mirrored() {
    return new VoteEvidence(/* wins= */ losses, /* losses= */ wins);
  }

  /**
   * Likelihood of the votes at even odds over that at {@code p = 0.6}: once it is large, the one in
   * question is not worth more votes. Votes of a worse one end there too.
   */
  public double futility() {
    return Math.min(
        Math.exp(
            votes() * Math.log(0.5)
                - wins * Math.log(WORTHWHILE)
                - losses * Math.log(1 - WORTHWHILE)),
        Double.MAX_VALUE);
  }
}
