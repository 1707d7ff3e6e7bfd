package dev.whetstone.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.policy.PolicyException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is read into the heap that {@code ./run} gives the gateway. */
class AdapterHeapTest {
  private static final long MB = 1 << 20;

  private final AtomicLong needed = new AtomicLong();
  private final Deque<Long> unneeded = new ArrayDeque<>();

  private AdapterHeap heap(Duration timeout) {
    AdapterHeap.Held held =
        new AdapterHeap.Held() {
          @Override
          public long heldBytes() {
            return needed.get() + unneeded.stream().mapToLong(bytes -> bytes).sum();
          }

          @Override
          public boolean evictOldestUnneeded() {
            return unneeded.poll() != null;
          }
        };
    return new AdapterHeap(384 * MB, held, timeout);
  }

  @Test
  void refusesWithTheNumbersWhatDoesNotFitBesideWhatIsThere() {
    AdapterHeap heap = heap(Duration.ofMinutes(1));
    heap.reserve("v1", 192 * MB).close();
    needed.set(128 * MB);

    assertThatThrownBy(() -> heap.reserve("v2", 192 * MB))
        .isInstanceOf(PolicyException.Refused.class)
        .hasMessageContaining("192 MB of the heap, and 256 MB")
        .hasMessageContaining("take 128 MB")
        .hasMessageContaining("-Xmx");
    heap.reserve("v2", 128 * MB).close();
  }

  @Test
  void givesUpVersionsThatNobodyNeedsAndNoMoreOfThemThanItMust() {
    unneeded.addAll(List.of(64 * MB, 64 * MB, 64 * MB));

    heap(Duration.ofMinutes(1)).reserve("v4", 128 * MB).close();

    assertThat(unneeded).hasSize(2);
  }

  @Test
  void waitsForRoomThatAnotherGivesBack() throws Exception {
    AdapterHeap heap = heap(Duration.ofMinutes(1));
    PolicyRouter.Room first = heap.reserve("v1", 192 * MB);
    CompletableFuture<PolicyRouter.Room> second =
        CompletableFuture.supplyAsync(() -> heap.reserve("v2", 192 * MB));
    assertThatThrownBy(() -> second.get(50, TimeUnit.MILLISECONDS)).hasNoCause();

    first.close();

    second.get(30, TimeUnit.SECONDS).close();
  }

  @Test
  void givesUpWhereNobodyGivesAnyBack() {
    AdapterHeap heap = heap(Duration.ofMillis(20));
    try (PolicyRouter.Room _ = heap.reserve("v1", 192 * MB)) {
      assertThatThrownBy(() -> heap.reserve("v2", 192 * MB))
          .isInstanceOf(PolicyException.StagingTimeout.class);
    }
  }
}
