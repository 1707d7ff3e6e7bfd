package dev.whetstone.lab.experiment;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was measured at one x of one arm with one seed. Its components, in snake case, are the
 * fields of a line in the file.
 *
 * @param x number of votes, share of flipped votes, or whatever else the experiment varies
 * @param measures by name, see {@link Measure}
 * @param commit the build that was measured
 * @param startedAt ISO 8601, of the trial
 * @param seconds that the trial took, divided by its rows
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ExperimentRow(
    String experiment,
    String arm,
    double x,
    long seed,
    Map<String, Double> measures,
    String commit,
    String cpu,
    String startedAt,
    double seconds) {
  public ExperimentRow {
    measures = new TreeMap<>(measures);
  }

  /** Whether this is the row of that x, arm and seed. */
  boolean isOf(Trial trial, double at) {
    return arm.equals(trial.arm()) && seed == trial.seed() && x == at;
  }
}
