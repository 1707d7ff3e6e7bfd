package dev.whetstone.engine;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A submitted request. */
public interface Generation {
  /** Ends what is unfinished at the next step; without effect once everything has ended. */
  void cancel();

  /**
   * Completes, never exceptionally, when every branch has ended; in the order of the branches.
   * Dependent actions run outside the engine thread.
   */
  CompletableFuture<List<Completion>> result();

  /** Where the time went; final once {@link #result} is complete. */
  Timings timings();
}
