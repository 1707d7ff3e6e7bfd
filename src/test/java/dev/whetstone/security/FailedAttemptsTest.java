package dev.whetstone.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FailedAttemptsTest {
  private final FailedAttempts attempts = new FailedAttempts();

  @Test
  void whoTriesManyKeysWaitsLongerAndLongerUpToABound() {
    for (int i = 0; i < 20; i++) {
      assertThat(attempts.add("a", i)).isEqualTo(Duration.ZERO);
    }
    assertThat(attempts.add("a", 20)).isEqualTo(Duration.ofMillis(100));
    assertThat(attempts.add("a", 21)).isEqualTo(Duration.ofMillis(200));
    for (int i = 0; i < 1_000; i++) {
      assertThat(attempts.add("a", 22)).isLessThanOrEqualTo(Duration.ofSeconds(5));
    }
    assertThat(attempts.add("a", 23)).isEqualTo(Duration.ofSeconds(5));
    assertThat(attempts.add("b", 23)).as("another address").isEqualTo(Duration.ZERO);
  }

  @Test
  void aMinuteLaterItIsForgotten() {
    for (int i = 0; i < 30; i++) {
      attempts.add("a", 0);
    }
    assertThat(attempts.add("a", Duration.ofSeconds(61).toNanos())).isEqualTo(Duration.ZERO);
  }

  @Test
  void addressesAreForgottenWhenThereAreMany() {
    for (int i = 0; i < 30; i++) {
      attempts.add("a", 0);
    }
    for (int i = 0; i < 10_000; i++) {
      attempts.add("other " + i, 0);
    }
    assertThat(attempts.add("a", 0)).isEqualTo(Duration.ZERO);
  }
}
