package dev.whetstone.gateway.events;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds out that a client reads nothing: one write then lasts longer than a limit. The writer's
 * thread cannot tell, since it is in that write; {@link #check} is for another thread.
 */
final class SlowReaderGuard {
  private final Duration limit;
  private final InstantSource clock;
  private final Runnable drop;
  private volatile @Nullable Instant writingSince;
  private boolean dropped;

  /**
   * Creates a guard.
   *
   * @param drop resets the connection; called once
   */
  SlowReaderGuard(Duration limit, InstantSource clock, Runnable drop) {
    this.limit = limit;
    this.clock = clock;
    this.drop = drop;
  }

  /** A write. */
  interface Write<E extends Exception> {
    void run() throws E;
  }

  /** Writes under the limit. */
  <E extends Exception> void write(Write<E> write) throws E {
    writingSince = clock.instant();
    try {
      write.run();
    } finally {
      writingSince = null;
    }
  }

  /** Drops the client if a write is under way for too long. */
  synchronized void check() {
    Instant since = writingSince;
    if (!dropped && since != null && clock.instant().isAfter(since.plus(limit))) {
      dropped = true;
      drop.run();
    }
  }
}
