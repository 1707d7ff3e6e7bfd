package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class GroupCommitTest {
  private final List<DatabaseUnavailableException> timeouts = new CopyOnWriteArrayList<>();

  @Test
  void anOverdueAnswerIsReportedBeforeTheHangingBatchEnds() {
    var hanging = new CountDownLatch(1);
    GroupCommit<Integer, Integer> commits =
        new GroupCommit<>(
            1,
            8,
            8,
            Duration.ofMillis(20),
            timeouts::add,
            calls -> {
              awaitUninterrupted(hanging);
              return calls;
            });

    assertThatThrownBy(() -> commits.call(1)).isInstanceOf(DatabaseUnavailableException.class);

    assertThat(timeouts)
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains("within");
    hanging.countDown();
  }

  @Test
  void aTimelyAnswerReportsNothing() {
    GroupCommit<Integer, Integer> commits =
        new GroupCommit<>(1, 8, 8, Duration.ofSeconds(10), timeouts::add, calls -> calls);

    assertThat(commits.call(7)).isEqualTo(7);
    assertThat(timeouts).isEmpty();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
