package dev.whetstone.rollout.evidence;

/**
 * How many standard errors a mean must be away to be believed at any time: the boundary of an
 * asymptotic confidence sequence with a normal mixture (Robbins 1970; Waudby-Smith et al.,
 * "Time-uniform central limit theory", arXiv 2103.06476, theorem 2.2), tightest near 100
 * observations.
 */
public final class SequentialBound {
  private static final double TIGHTEST_AT = 100;

  private SequentialBound() {}

  /**
   * The number of standard errors.
   *
   * @param count observations behind the mean, at least 1
   * @param level chance that the boundary is ever crossed without cause
   */
  public static double standardErrors(double count, double level) {
    double logs = -2 * Math.log(level);
    double rho2 = (logs + Math.log(logs) + 1) / TIGHTEST_AT;
    double grown = count * rho2 + 1;
    return Math.sqrt(2 * grown / (count * rho2) * Math.log(Math.sqrt(grown) / level));
  }
}
