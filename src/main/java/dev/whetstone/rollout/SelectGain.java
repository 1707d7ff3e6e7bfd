package dev.whetstone.rollout;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;

/**
 * How much better a run's candidate is than the champion that it began with, on the select part of
 * the log: the metrics {@code select_gain} (mean log sigma of the reward margins, less the
 * champion's) and {@code select_gain_se} of the run.
 */
public record SelectGain(double mean, double standardError) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reads a run's metrics, a JSON object; empty where the run did not measure it. */
  static Optional<SelectGain> of(String metrics) {
    try {
      JsonNode tree = JSON.readTree(metrics);
      JsonNode mean = tree.path("select_gain");
      JsonNode error = tree.path("select_gain_se");
      return mean.isNumber() && error.isNumber()
          ? Optional.of(new SelectGain(mean.doubleValue(), error.doubleValue()))
          : Optional.empty();
    } catch (JsonProcessingException malformed) {
      return Optional.empty();
    }
  }

  /** Whether it is above zero by a standard error. */
  boolean isClear() {
    return mean > standardError;
  }

  /** Whether it is above another's by a standard error of the difference. */
  boolean exceeds(SelectGain other) {
    return mean - other.mean > Math.hypot(standardError, other.standardError);
  }
}
