package dev.whetstone.fuzz;

import java.util.concurrent.TimeUnit;

/**
 * What is damaged, and for how long: the same cases in every run of the tests, so that what fails
 * fails again; for {@code -Dfuzz.seconds} from a seed of its own, or {@code -Dfuzz.seed}, where
 * somebody searches.
 */
final class FuzzPlan {
  private static final String SECONDS = System.getProperty("fuzz.seconds", "");

  private final int cases;
  private final long end;
  private final long seed;

  private FuzzPlan(int cases, long end, long seed) {
    this.cases = cases;
    this.end = end;
    this.seed = seed;
  }

  /** A plan of so many cases, or of a part of the seconds that are given. */
  static FuzzPlan of(int cases, double part) {
    String seed = System.getProperty("fuzz.seed", "");
    if (SECONDS.isEmpty()) {
      return new FuzzPlan(cases, Long.MAX_VALUE, seed.isEmpty() ? 1 : Long.parseLong(seed));
    }
    long now = System.nanoTime();
    long length = (long) (Double.parseDouble(SECONDS) * part * TimeUnit.SECONDS.toNanos(1));
    return new FuzzPlan(
        Integer.MAX_VALUE, now + length, seed.isEmpty() ? now : Long.parseLong(seed));
  }

  boolean goesOn(int tried) {
    return tried < cases && System.nanoTime() < end;
  }

  long seed() {
    return seed;
  }
}
