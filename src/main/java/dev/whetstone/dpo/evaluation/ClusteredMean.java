package dev.whetstone.dpo.evaluation;

import static dev.whetstone.settings.Checks.require;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.hipparchus.distribution.continuous.TDistribution;

/**
 * A mean whose observations depend on one another in two ways, by conversation and by voter, with a
 * standard error that allows for both: {@code V = V_conversation + V_voter - V_both} (Cameron,
 * Gelbach and Miller 2011, "Robust inference with multiway clustering").
 *
 * @param count number of observations
 * @param standardError of the mean; infinite with fewer than two clusters of a kind
 * @param clusters the smaller of the two numbers of clusters; voters do not count while there is
 *     only one, as then only this voter's taste is asked about
 */
public record ClusteredMean(int count, double mean, double standardError, int clusters) {
  /**
   * The mean of some values.
   *
   * @param conversations of each value, likewise {@code voters}
   */
  public static ClusteredMean of(double[] values, List<String> conversations, List<String> voters) {
    require(
        values.length == conversations.size() && values.length == voters.size(),
        "each value needs its conversation and its voter");
    if (values.length == 0) {
      return new ClusteredMean(0, Double.NaN, Double.POSITIVE_INFINITY, 0);
    }
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    int talks = new HashSet<>(conversations).size();
    int people = new HashSet<>(voters).size();
    double byTalk = variance(values, mean, conversations);
    double variance = byTalk;
    if (people > 1) {
      double byVoter = variance(values, mean, voters);
      List<String> cells = new ArrayList<>();
      for (int i = 0; i < values.length; i++) {
        cells.add(conversations.get(i).length() + ":" + conversations.get(i) + voters.get(i));
      }
      // The difference may be negative in small samples; the larger of the parts is safe then.
      variance =
          Math.max(byTalk + byVoter - variance(values, mean, cells), Math.max(byTalk, byVoter));
    }
    int clusters = people > 1 ? Math.min(talks, people) : talks;
    return new ClusteredMean(
        values.length,
        mean,
        clusters < 2 ? Double.POSITIVE_INFINITY : Math.sqrt(variance),
        clusters);
  }

  // Sum over clusters of the squared sums of residuals, with the usual correction G / (G - 1).
  private static double variance(double[] values, double mean, List<String> clusters) {
    Map<String, Double> sums = new HashMap<>();
    for (int i = 0; i < values.length; i++) {
      sums.merge(clusters.get(i), values[i] - mean, Double::sum);
    }
    double squares = sums.values().stream().mapToDouble(sum -> sum * sum).sum();
    double correction = sums.size() < 2 ? 1 : sums.size() / (sums.size() - 1.0);
    return squares * correction / ((double) values.length * values.length);
  }

  /**
   * Whether the mean is below zero by a one-sided t test with {@code clusters - 1} degrees of
   * freedom.
   */
  public boolean isBelowZero(double level) {
    return clusters >= 2 && mean < 0 && mean < quantile(level) * standardError;
  }

  /** The lower quantile of the t distribution, a negative number. */
  private double quantile(double level) {
    return new TDistribution(clusters - 1.0).inverseCumulativeProbability(level);
  }

  /** Half the width of the two-sided interval of this level; infinite with too few clusters. */
  public double halfWidth(double level) {
    return clusters < 2 ? Double.POSITIVE_INFINITY : -quantile(level / 2) * standardError;
  }
}
