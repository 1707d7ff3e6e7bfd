package dev.whetstone.rollout.changes;

/**
 * The log of the ratio of two odds with half a count added to every cell (Haldane 1940, Anscombe
 * 1956), and its z by Woolf's (1955) standard error.
 *
 * @param value log-odds of the first share less that of the second
 * @param z value over its standard error
 */
record LogOdds(double value, double z) {
  /**
   * Compares two shares.
   *
   * @param with answers of the first {@code of} that have the feature
   * @param before answers of the other {@code ofBefore} that have it
   */
  static LogOdds of(int with, int of, int before, int ofBefore) {
    double a = with + 0.5;
    double b = of - with + 0.5;
    double c = before + 0.5;
    double d = ofBefore - before + 0.5;
    double value = Math.log(a / b) - Math.log(c / d);
    return new LogOdds(value, value / Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d));
  }
}
