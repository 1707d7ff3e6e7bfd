package dev.whetstone.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.testing.CapturedLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;

class CacheRefresherTest {
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATER = THEN.plusSeconds(1);

  private final List<Map<String, Instant>> stored = new ArrayList<>();

  @Test
  void usesAreStoredOnceAndOneDuringTheStoringIsKept() {
    CacheRefresher[] self = new CacheRefresher[1];
    self[0] =
        refresher(
            () -> {},
            times -> {
              stored.add(times);
              self[0].used("b", LATER);
            });
    self[0].used("a", THEN);
    self[0].used("b", THEN);

    self[0].refresh();
    self[0].refresh();

    assertThat(stored).containsExactly(Map.of("a", THEN, "b", THEN), Map.of("b", LATER));
  }

  @Test
  void aFailedRefreshIsTriedAgainAndTheEndStoresTheUses() throws Exception {
    CountDownLatch reads = new CountDownLatch(3);
    CacheRefresher refresher =
        refresher(
            () -> {
              reads.countDown();
              throw new IllegalStateException("no such table");
            },
            stored::add);
    refresher.used("a", THEN);
    try (CapturedLog log = CapturedLog.of(CacheRefresherTest.class)) {
      refresher.start(Duration.ofMillis(1));

      assertThat(reads.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(stored).isEmpty();
      refresher.close();
      assertThat(log.complaints()).extracting(CapturedLog.Line::message).contains("failed");
    }
    assertThat(stored).containsExactly(Map.of("a", THEN));
  }

  private static CacheRefresher refresher(Runnable read, Consumer<Map<String, Instant>> store) {
    return new CacheRefresher(
        "whetstone-test",
        Logger.getLogger(CacheRefresherTest.class),
        new CacheRefresher.Messages("unavailable", "failed", "not stored"),
        read,
        store);
  }
}
