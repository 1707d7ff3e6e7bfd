package dev.whetstone.rollout.evidence;

import java.util.Arrays;

/**
 * A mean without the smallest and largest values, for heavy tails.
 *
 * @param count number of values, the trimmed ones included
 * @param standardError of the mean, from the winsorised variance (Tukey and McLaughlin 1963)
 */
public record TrimmedMean(int count, double mean, double standardError) {
  /**
   * The trimmed mean of some values.
   *
   * @param share to be cut off at each end, in [0, 0.5)
   */
  public static TrimmedMean of(double[] values, double share) {
    int n = values.length;
    if (n == 0) {
      return new TrimmedMean(0, Double.NaN, Double.POSITIVE_INFINITY);
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int cut = (int) (share * n);
    double mean = Arrays.stream(sorted, cut, n - cut).average().orElseThrow();
    double[] winsorised = sorted.clone();
    Arrays.fill(winsorised, 0, cut, sorted[cut]);
    Arrays.fill(winsorised, n - cut, n, sorted[n - cut - 1]);
    double centre = Arrays.stream(winsorised).average().orElseThrow();
    double squares = Arrays.stream(winsorised).map(v -> (v - centre) * (v - centre)).sum();
    double error =
        n < 2 ? Double.POSITIVE_INFINITY : Math.sqrt(squares / (n - 1) / n) / (1 - 2 * share);
    return new TrimmedMean(n, mean, error);
  }
}
