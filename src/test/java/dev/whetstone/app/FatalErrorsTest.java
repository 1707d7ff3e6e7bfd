package dev.whetstone.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.testing.CapturedLog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
  private final List<Integer> exits = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Integer> halts = new ArrayBlockingQueue<>(10);
  private final CapturedLog log = CapturedLog.of(FatalErrors.class);

  @AfterEach
  void endLog() {
    log.close();
  }

  @Test
  void theEndOfAnOwnThreadEndsTheProcess() throws Exception {
    uncaught("whetstone-engine", exits::add, Duration.ofMillis(20));

    assertThat(exits).containsExactly(70);
    assertThat(halts.poll(5, TimeUnit.SECONDS)).as("where the orderly end hangs").isEqualTo(70);
    assertLogged(
        "FATAL",
        "thread whetstone-engine ended: the process ends with code 70, because it cannot go on"
            + " without it");
  }

  @Test
  void aProcessThatCannotEndInOrderEndsAtOnce() {
    uncaught(
        "whetstone-engine",
        _ -> {
          throw new OutOfMemoryError("Java heap space");
        },
        Duration.ofMinutes(1));

    assertThat(halts).containsExactly(70);
  }

  @Test
  void otherThreadsAreOnlyLogged() {
    uncaught("pool-1-thread-1", exits::add, Duration.ZERO);

    assertThat(exits).isEmpty();
    assertThat(halts).isEmpty();
    assertLogged("ERROR", "thread pool-1-thread-1 ended");
  }

  private void assertLogged(String level, String message) {
    assertThat(log.lines())
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.level()).isEqualTo(level);
              assertThat(line.message()).isEqualTo(message);
              assertThat(line.thrown()).hasMessage("broken");
            });
  }

  private void uncaught(String thread, java.util.function.IntConsumer exit, Duration patience) {
    new FatalErrors(exit, halts::add, patience)
        .uncaughtException(
            Thread.ofPlatform().name(thread).unstarted(() -> {}), new AssertionError("broken"));
  }
}
