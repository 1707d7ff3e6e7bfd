package dev.whetstone.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LockFileTest {
  @TempDir Path folder;

  @Test
  void tellsWhoWaits() throws Exception {
    Path file = folder.resolve("lock");
    CountDownLatch waits = new CountDownLatch(1);
    CompletableFuture<Void> second;
    try (LockFile _ = LockFile.acquire(file, waits::countDown)) {
      assertThat(waits.getCount()).as("the first does not wait").isEqualTo(1);
      second =
          CompletableFuture.runAsync(
              () -> {
                try (LockFile _ = LockFile.acquire(file, waits::countDown)) {
                  // taken after the first is released
                } catch (Exception failed) {
                  throw new IllegalStateException(failed);
                }
              });
      assertThat(waits.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(second).isNotDone();
    }
    second.get(10, TimeUnit.SECONDS);
  }
}
