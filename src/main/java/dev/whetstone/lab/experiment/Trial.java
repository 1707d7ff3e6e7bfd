package dev.whetstone.lab.experiment;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A piece of work that is done as a whole: it measures one arm with one seed. */
interface Trial {
  String arm();

  long seed();

  /** The x of each row that comes of it. */
  List<Double> xs();

  /** Why it cannot be done here; empty where it can. */
  default Optional<String> obstacle(Workshop workshop) {
    return Optional.empty();
  }

  /** Does the work; returns what was measured at each x. */
  SortedMap<Double, Map<String, Double>> run(Workshop workshop)
      throws IOException, InterruptedException;

  /** Work with one row. */
  @FunctionalInterface
  interface Work {
    Map<String, Double> run(Workshop workshop) throws IOException, InterruptedException;
  }

  /** A trial with one row. */
  static Trial of(String arm, double x, long seed, Work work) {
    return new Single(arm, x, seed, work);
  }

  /** A trial with one row. */
  record Single(String arm, double x, long seed, Work work) implements Trial {
    @Override
    public List<Double> xs() {
      return List.of(x);
    }

    @Override
    public SortedMap<Double, Map<String, Double>> run(Workshop workshop)
        throws IOException, InterruptedException {
      return new TreeMap<>(Map.of(x, work.run(workshop)));
    }
  }
}
