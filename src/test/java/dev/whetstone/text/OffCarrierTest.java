package dev.whetstone.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OffCarrierTest {
  private static final int LONG = 100_000;

  @Test
  void longWorkOfAVirtualThreadRunsOnAPlatformThread() throws Exception {
    try (OffCarrier off = new OffCarrier();
        var virtual = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(
              CompletableFuture.supplyAsync(
                      () -> off.run(LONG, () -> Thread.currentThread().isVirtual()), virtual)
                  .get(10, TimeUnit.SECONDS))
          .isFalse();
      assertThat(
              CompletableFuture.supplyAsync(
                      () -> off.run(10, () -> Thread.currentThread().isVirtual()), virtual)
                  .get(10, TimeUnit.SECONDS))
          .isTrue();
      Thread own = Thread.currentThread();
      assertThat(off.run(LONG, Thread::currentThread)).isSameAs(own);
      assertThatThrownBy(
              () ->
                  CompletableFuture.supplyAsync(() -> off.run(LONG, OffCarrierTest::fail), virtual)
                      .get(10, TimeUnit.SECONDS))
          .hasRootCauseMessage("bad text");
    }
  }

  private static String fail() {
    throw new IllegalArgumentException("bad text");
  }
}
