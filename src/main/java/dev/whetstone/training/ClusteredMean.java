package dev.whetstone.training;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A mean with a standard error that allows for values which hang together by conversation and by
 * voter: V = V_conversation + V_voter − V_both (Cameron, Gelbach and Miller 2011).
 *
 * @param clusters the smaller number of conversations and voters
 */
public record ClusteredMean(double mean, double standardError, int values, int clusters) {
  /** A value with what it hangs together with. */
  public record Value(double value, String conversation, String voter) {}

  /** The mean of values; zero with an infinite error for none. */
  public static ClusteredMean of(List<Value> values) {
    if (values.isEmpty()) {
      return new ClusteredMean(0, Double.POSITIVE_INFINITY, 0, 0);
    }
    double mean = values.stream().mapToDouble(Value::value).average().orElseThrow();
    double conversation = variance(values, mean, Value::conversation);
    double variance =
        conversation
            + variance(values, mean, Value::voter)
            - variance(values, mean, value -> value.conversation() + "\n" + value.voter());
    int clusters = Math.min(count(values, Value::conversation), count(values, Value::voter));
    // Where one voter is all voters their sum is zero by construction and says nothing.
    return new ClusteredMean(
        mean, Math.sqrt(Math.max(variance, conversation)), values.size(), clusters);
  }

  private static double variance(List<Value> values, double mean, Function<Value, String> cluster) {
    Map<String, Double> sums = new HashMap<>();
    for (Value value : values) {
      sums.merge(cluster.apply(value), value.value() - mean, Double::sum);
    }
    int groups = sums.size();
    if (groups < 2) {
      return 0;
    }
    double squares = squares(sums.values()) / values.size() / values.size();
    return squares * groups / (groups - 1);
  }

  private static double squares(Collection<Double> values) {
    return values.stream().mapToDouble(value -> value * value).sum();
  }

  private static int count(List<Value> values, Function<Value, String> cluster) {
    return new HashSet<>(values.stream().map(cluster).toList()).size();
  }
}
