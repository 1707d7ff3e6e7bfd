package dev.whetstone.io;

import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * A clock that begins with another one's time and then only goes forward, as fast as time does:
 * when the machine's clock is set, deadlines stay where they were.
 */
public final class MonotonicClock implements InstantSource {
  private final Instant begin;
  private final long beginNanos;
  private final LongSupplier nanos;

  public MonotonicClock(InstantSource wall) {
    this(wall, System::nanoTime);
  }

  MonotonicClock(InstantSource wall, LongSupplier nanos) {
    this.begin = wall.instant();
    this.beginNanos = nanos.getAsLong();
    this.nanos = nanos;
  }

  @Override
  public Instant instant() {
    return begin.plusNanos(nanos.getAsLong() - beginNanos);
  }
}
