package dev.whetstone.lab.experiment;

import java.util.List;
import java.util.Locale;
import org.hipparchus.distribution.continuous.TDistribution;

/**
 * A mean over seeds with its 95 % interval by Student's t.
 *
 * @param seeds number of values
 * @param low the lower end; the mean itself where there is one value
 * @param high the upper end; the mean itself where there is one value
 */
public record SeedMean(int seeds, double mean, double low, double high) {
  private static final double UPPER = 0.975;

  /** The mean of at least one value. */
  static SeedMean of(List<Double> values) {
    int n = values.size();
    double mean = values.stream().mapToDouble(value -> value).average().orElseThrow();
    if (n == 1) {
      return new SeedMean(1, mean, mean, mean);
    }
    double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    double error = Math.sqrt(squares / (n - 1) / n);
    double half = new TDistribution(n - 1).inverseCumulativeProbability(UPPER) * error;
    return new SeedMean(n, mean, mean - half, mean + half);
  }

  /** As a cell of a table. */
  String text(int digits) {
    String one = "%." + digits + "f";
    return seeds == 1
        ? String.format(Locale.ROOT, one, mean)
        : String.format(Locale.ROOT, one + " (" + one + " to " + one + ")", mean, low, high);
  }
}
