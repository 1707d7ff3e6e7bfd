package dev.whetstone.rollout.gate;

/**
 * A mean and its uncertainty.
 *
 * @param count number of observations
 * @param standardError of the mean; infinite with fewer than two observations
 */
record MeanEstimate(int count, double mean, double standardError) {
  static MeanEstimate of(double[] values) {
    int n = values.length;
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    double mean = sum / n;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return new MeanEstimate(
        n,
        n == 0 ? Double.NaN : mean,
        n < 2 ? Double.POSITIVE_INFINITY : Math.sqrt(squares / (n - 1) / n));
  }
}
