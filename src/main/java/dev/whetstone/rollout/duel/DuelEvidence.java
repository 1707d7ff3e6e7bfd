package dev.whetstone.rollout.duel;

import java.util.stream.IntStream;

/**
 * The votes of a duel and their evidence against the null hypothesis "either side is as likely to
 * be chosen": an e-value, which stays valid however often one looks (anytime-valid inference). Each
 * user and prompt counts once, with the first vote for one of the sides; ties and later votes on
 * the same prompt do not count. So every counted vote is one fair coin under the null hypothesis.
 *
 * @param wins votes for the candidate
 * @param losses votes for the champion
 */
public record DuelEvidence(int wins, int losses) {
  public DuelEvidence {
    if (wins < 0 || losses < 0) {
      throw new IllegalArgumentException("a number of votes is negative");
    }
  }

  /**
   * Natural logarithm of the e-value {@code E = 2^(W+L) B(1+W, 1+L)}, for W wins and L losses: the
   * likelihood of the votes when the chance of a win is uniform on [0, 1] (a mixture), over their
   * likelihood when it is 1/2. Under the null hypothesis E is a martingale that starts at 1, so the
   * probability that it ever reaches {@code 1/a} is at most {@code a} (Ville 1939; Robbins 1970).
   */
  public double logEValue() {
    int votes = wins + losses;
    return votes * Math.log(2)
        + logFactorial(wins)
        + logFactorial(losses)
        - logFactorial(votes + 1);
  }

  /** The e-value; infinite where it exceeds a double. */
  public double eValue() {
    return Math.exp(logEValue());
  }

  /**
   * The verdict of the votes so far: a decision once the e-value reaches the threshold.
   *
   * @param threshold e-value that decides; 20 is wrong in at most one of twenty even duels
   */
  public DuelVerdict verdict(double threshold) {
    if (logEValue() < Math.log(threshold) || wins == losses) {
      return DuelVerdict.CONTINUE;
    }
    return wins > losses ? DuelVerdict.PROMOTE : DuelVerdict.REJECT;
  }

  private static double logFactorial(int n) {
    return IntStream.rangeClosed(2, n).mapToDouble(Math::log).sum();
  }
}
