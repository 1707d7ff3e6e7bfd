package dev.whetstone.lab.experiment;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rows of one arm at one x, over all seeds.
 *
 * @param measures by name; the x is one of them
 */
public record Summary(String arm, double x, int seeds, Map<String, SeedMean> measures) {
  /**
   * The summaries of rows, arms in the order of their first rows. Of rows of one place the last
   * counts.
   */
  static List<Summary> of(List<ExperimentRow> rows) {
    Map<String, Map<Double, Map<Long, ExperimentRow>>> arms = new LinkedHashMap<>();
    for (ExperimentRow row : rows) {
      arms.computeIfAbsent(row.arm(), _ -> new TreeMap<>())
          .computeIfAbsent(row.x(), _ -> new TreeMap<>())
          .put(row.seed(), row);
    }
    List<Summary> summaries = new ArrayList<>();
    arms.forEach(
        (arm, points) ->
            points.forEach((x, bySeed) -> summaries.add(of(arm, x, List.copyOf(bySeed.values())))));
    return List.copyOf(summaries);
  }

  private static Summary of(String arm, double x, List<ExperimentRow> rows) {
    Map<String, List<Double>> values = new TreeMap<>();
    for (ExperimentRow row : rows) {
      row.measures()
          .forEach((name, v) -> values.computeIfAbsent(name, _ -> new ArrayList<>()).add(v));
    }
    Map<String, SeedMean> means = new TreeMap<>();
    values.forEach((name, all) -> means.put(name, SeedMean.of(all)));
    means.put(Measure.X, new SeedMean(rows.size(), x, x, x));
    return new Summary(arm, x, rows.size(), means);
  }
}
