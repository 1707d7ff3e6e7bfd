package dev.whetstone.rollout.duel;

import java.util.stream.IntStream;

/**
 * The decided votes of a duel and how strongly they speak against "either side is as likely to be
 * chosen". Each user and prompt counts once: the first vote for one of the two sides, whatever the
 * same user says to the same prompt later. So every counted vote is one fair coin under the null
 * hypothesis, and looking after each of them costs nothing.
 *
 * @param wins votes for the candidate
 * @param losses votes for the champion
 */
public record DuelEvidence(int wins, int losses) {
  public DuelEvidence {
    if (wins < 0 || losses < 0) {
      throw new IllegalArgumentException("votes cannot be fewer than none");
    }
  }

  /**
   * Natural logarithm of the e-value {@code 2^(W+L) B(1+W, 1+L)}: the likelihood of the votes with
   * the chance of a win drawn evenly from [0, 1], over their likelihood with the chance 1/2. Under
   * the null it is a martingale that begins at 1, so it ever reaches {@code 1/a} with a probability
   * of at most {@code a} (Ville 1939; Robbins 1970).
   */
  public double logValue() {
    int votes = wins + losses;
    return votes * Math.log(2)
        + logFactorial(wins)
        + logFactorial(losses)
        - logFactorial(votes + 1);
  }

  /** The e-value; infinite where a double cannot hold it. */
  public double value() {
    return Math.exp(logValue());
  }

  /**
   * What follows from the votes so far.
   *
   * @param threshold e-value that decides; 20 errs in at most one of twenty even duels
   */
  public DuelVerdict verdict(double threshold) {
    if (logValue() < Math.log(threshold) || wins == losses) {
      return DuelVerdict.CONTINUE;
    }
    return wins > losses ? DuelVerdict.PROMOTE : DuelVerdict.REJECT;
  }

  private static double logFactorial(int n) {
    return IntStream.rangeClosed(2, n).mapToDouble(Math::log).sum();
  }
}
