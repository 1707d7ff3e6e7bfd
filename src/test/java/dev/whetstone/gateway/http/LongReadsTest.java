package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LongReadsTest {
  @Test
  void soManyRunAtOnceAndOneMoreIsToldToTryAgain() throws Exception {
    LongReads reads = new LongReads(2, Duration.ofMillis(50));
    CountDownLatch running = new CountDownLatch(2);
    CountDownLatch gate = new CountDownLatch(1);
    try (var threads = Executors.newFixedThreadPool(2)) {
      Future<Boolean> first = threads.submit(() -> reads.run(() -> hold(running, gate)));
      Future<Boolean> second = threads.submit(() -> reads.run(() -> hold(running, gate)));
      assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();

      ProblemException busy =
          catchThrowableOfType(ProblemException.class, () -> reads.run(() -> true));

      assertThat(busy.status()).isEqualTo(503);
      assertThat(busy.headers()).containsKey("Retry-After");
      gate.countDown();
      assertThat(first.get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(second.get(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(reads.run(() -> true)).isTrue();
  }

  @Test
  void aReadThatFailsLeavesItsPlace() {
    LongReads reads = new LongReads(1, Duration.ZERO);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () ->
                  reads.run(
                      () -> {
                        throw new IllegalStateException("broken");
                      }))
          .hasMessage("broken");
    }
  }

  private static boolean hold(CountDownLatch running, CountDownLatch gate) {
    running.countDown();
    try {
      return gate.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException stopped) {
      throw new IllegalStateException(stopped);
    }
  }
}
