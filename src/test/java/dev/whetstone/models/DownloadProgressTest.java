package dev.whetstone.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DownloadProgressTest {
  private Instant now = Instant.EPOCH;
  private final List<String> lines = new ArrayList<>();
  private final DownloadProgress progress =
      new DownloadProgress(lines::add, () -> now, 20_000_000, 0);

  @Test
  void showsTheWholeFileOnce() {
    after(1, 10_000_000);
    after(9, 15_000_000);
    after(1, 20_000_000);
    after(60, 20_000_000);
    assertThat(lines)
        .containsExactly("  15 of 20 MB (75 %), 1.5 MB/s", "  20 of 20 MB (100 %), 1.8 MB/s");
  }

  @Test
  void showsThatNothingComes() {
    after(10, 5_000_000);
    after(10, 5_000_000);
    assertThat(lines).hasSize(2);
  }

  private void after(int seconds, long bytes) {
    now = now.plus(Duration.ofSeconds(seconds));
    progress.at(bytes);
  }
}
