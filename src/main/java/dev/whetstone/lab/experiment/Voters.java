package dev.whetstone.lab.experiment;

import dev.whetstone.lab.Crowd;
import dev.whetstone.lab.Taste;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Who votes in a {@link LoopTrial}, and by which taste its champion is measured.
 *
 * @param name of the loops in the lab's file
 * @param settings environment variables that differ from those of {@code ./run}
 * @param crowds who casts the votes from the look before to that after so many votes
 * @param truth the taste by which the champion is measured after so many votes
 */
record Voters(
    String name,
    Map<String, String> settings,
    IntFunction<Crowd> crowds,
    IntFunction<Taste> truth) {
  Voters {
    settings = Map.copyOf(settings);
  }

  /** Users of one taste. */
  static Voters of(String name, Taste taste) {
    return of(name, Crowd.of(ReviewBench.QUESTIONS, taste, 0), taste);
  }

  /** The same users from the beginning to the end. */
  static Voters of(String name, Crowd crowd, Taste taste) {
    return new Voters(name, Map.of(), _ -> crowd, _ -> taste);
  }
}
