package dev.whetstone.models;

import java.time.Duration;
import java.util.function.Consumer;

/** Told what the slow steps of a fetch and an import do. */
@FunctionalInterface
public interface ImportProgress extends Consumer<String> {
  /** Shows how far a step is; on a terminal the next line replaces this one. */
  default void renew(String line) {
    accept(line);
  }

  /** Minimum time between two calls of {@link #renew}. */
  default Duration interval() {
    return Duration.ofSeconds(5);
  }
}
