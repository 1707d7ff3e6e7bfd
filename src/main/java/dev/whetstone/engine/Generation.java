package dev.whetstone.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A submitted request. */
public interface Generation {
  /** Ends all unfinished branches at the next step; any thread. No effect after the end. */
  void cancel();

  /**
   * The completions in the order of the branches. Completes when every branch has ended, never
   * exceptionally; dependent actions run outside the engine thread.
   */
  CompletableFuture<List<Completion>> result();

  /** The time spent in each stage; final once {@link #result} is complete. */
  Timings timings();
}
