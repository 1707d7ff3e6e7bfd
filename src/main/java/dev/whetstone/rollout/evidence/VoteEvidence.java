package dev.whetstone.rollout.evidence;

import static dev.whetstone.settings.Checks.require;

import org.hipparchus.special.Beta;

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

  /**
   * Natural logarithm of the e-value {@code E = 2^(n+1) B(W+1, L+1) P(Beta(W+1, L+1) > 1/2)}: the
   * likelihood of the votes when the chance p of a win is uniform on [1/2, 1], over their
   * likelihood at 1/2. Under the null hypothesis p &lt;= 1/2 it is a supermartingale that starts at
   * 1, so it ever reaches {@code 1/a} with a probability of at most {@code a} (Ville 1939; Robbins
   * 1970).
   */
  public double logEValue() {
    double above = Beta.regularizedBeta(0.5, losses + 1.0, wins + 1.0);
    return (votes() + 1) * Math.log(2) + Beta.logBeta(wins + 1.0, losses + 1.0) + Math.log(above);
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
