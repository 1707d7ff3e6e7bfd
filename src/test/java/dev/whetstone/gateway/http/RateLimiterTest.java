package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Token buckets that refill with time. */
class RateLimiterTest {
  private final Map<String, String> told = new HashMap<>();
  private long nanos;
  private final RateLimiter limits =
      new RateLimiter(
          10, 2, Duration.ofSeconds(2), new KeyQuotaTest.ToldHeaders(told), () -> nanos);

  @Test
  void aUserIsLimitedAndMayContinueLater() {
    for (int i = 0; i < 4; i++) {
      limits.admit("chat_1", "anna");
    }

    ProblemException refused = refused("chat_1", "anna");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.headers()).containsEntry("Retry-After", "1");
    assertThat(told)
        .containsEntry("x-ratelimit-limit-requests", "4")
        .containsEntry("x-ratelimit-remaining-requests", "0")
        .containsEntry("x-ratelimit-reset-requests", "2.000s");
    // neither another user nor the same name of another key
    assertThatCode(() -> limits.admit("chat_1", "berta")).doesNotThrowAnyException();
    assertThatCode(() -> limits.admit("chat_2", "anna")).doesNotThrowAnyException();

    nanos += 500_000_000;
    limits.admit("chat_1", "anna");
    assertThat(refused("chat_1", "anna").status()).isEqualTo(429);
  }

  @Test
  void aKeyIsLimitedWhateverItsUsers() {
    for (int i = 0; i < 20; i++) {
      limits.admit("chat_1", "user " + i);
    }
    assertThat(refused("chat_1", "another").getMessage()).contains("this key");
    assertThat(refused("chat_1", null).getMessage()).contains("this key");
  }

  private ProblemException refused(String key, @Nullable String user) {
    return catchThrowableOfType(ProblemException.class, () -> limits.admit(key, user));
  }
}
