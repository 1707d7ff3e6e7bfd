package dev.whetstone.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MonotonicClockTest {
  @Test
  void goesOnWhenTheMachinesClockIsSet() {
    Instant begin = Instant.parse("2026-01-01T00:00:00Z");
    AtomicReference<Instant> wall = new AtomicReference<>(begin);
    AtomicLong nanos = new AtomicLong(7);
    MonotonicClock clock = new MonotonicClock(wall::get, nanos::get);

    wall.set(begin.plusSeconds(300));
    nanos.addAndGet(2_000_000_000L);

    assertThat(clock.instant()).isEqualTo(begin.plusSeconds(2));
  }
}
