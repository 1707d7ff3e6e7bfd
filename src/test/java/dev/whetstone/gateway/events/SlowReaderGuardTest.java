package dev.whetstone.gateway.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a client that reads nothing is dropped. */
class SlowReaderGuardTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private Instant now = Instant.EPOCH;
  private final List<String> drops = new ArrayList<>();
  private final SlowReaderGuard guard =
      new SlowReaderGuard(LIMIT, () -> now, () -> drops.add("drop"));

  @Test
  void aWriteThatLastsTooLongDropsTheClientOnce() throws IOException {
    guard.write(
        () -> {
          now = now.plus(LIMIT);
          guard.check();
          assertThat(drops).isEmpty();
          now = now.plusMillis(1);
          guard.check();
          guard.check();
        });
    assertThat(drops).containsExactly("drop");
  }

  @Test
  void betweenWritesNothingIsDropped() {
    now = now.plus(LIMIT.multipliedBy(2));
    guard.check();
    assertThatThrownBy(
            () ->
                guard.write(
                    () -> {
                      throw new IOException("gone");
                    }))
        .isInstanceOf(IOException.class);
    now = now.plus(LIMIT.multipliedBy(2));
    guard.check();
    assertThat(drops).isEmpty();
  }
}
