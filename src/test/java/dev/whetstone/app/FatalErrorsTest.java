package dev.whetstone.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
  private final List<Integer> exits = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Integer> halts = new ArrayBlockingQueue<>(10);

  @Test
  void theEndOfAnOwnThreadEndsTheProcess() throws Exception {
    uncaught("whetstone-engine", exits::add, Duration.ofMillis(20));

    assertThat(exits).containsExactly(70);
    assertThat(halts.poll(5, TimeUnit.SECONDS)).as("where the orderly end hangs").isEqualTo(70);
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
  }

  private void uncaught(String thread, java.util.function.IntConsumer exit, Duration patience) {
    new FatalErrors(exit, halts::add, patience)
        .uncaughtException(
            Thread.ofPlatform().name(thread).unstarted(() -> {}), new AssertionError("broken"));
  }
}
