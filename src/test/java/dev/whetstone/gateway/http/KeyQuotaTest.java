package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vertx.ext.web.RoutingContext;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What one key may have at once and in a time; another one has its own. */
class KeyQuotaTest {
  private final Map<String, String> told = new HashMap<>();
  private final RateLimitHeaders headers = new ToldHeaders(told);
  private long nanos;
  private final KeyQuota quota = new KeyQuota(2, 600, 86_400, headers, () -> nanos);

  @Test
  void soManyRequestsOfAKeyRunAtOnce() {
    quota.start("a");
    quota.start("a");

    assertThat(refusedStart("a")).isEqualTo("too_many_running");
    assertThatCode(() -> quota.start("b")).doesNotThrowAnyException();
    quota.end("a");
    assertThatCode(() -> quota.start("a")).doesNotThrowAnyException();
  }

  @Test
  void tokensThatWereUsedAreMissingUntilTheyComeBack() {
    RoutingContext http = request();
    quota.begin("a", http);
    assertThat(told)
        .containsEntry("x-ratelimit-limit-tokens", "600")
        .containsEntry("x-ratelimit-remaining-tokens", "599");
    quota.charge("a", 1_000);
    quota.begin("a", http);

    ProblemException refused =
        catchThrowableOfType(ProblemException.class, () -> quota.begin("a", request()));

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.code()).isEqualTo("tokens_limited");
    // 402 are missing, of which ten come back a second
    assertThat(refused.headers()).containsEntry("Retry-After", "41");
    assertThatCode(() -> quota.begin("b", request())).doesNotThrowAnyException();
    nanos += TimeUnit.SECONDS.toNanos(41);
    assertThatCode(() -> quota.begin("a", request())).doesNotThrowAnyException();
  }

  @Test
  void storedBytesAreBoundedByTheDay() {
    quota.requireStorage("a");
    quota.stored("a", 86_500);

    ProblemException refused =
        catchThrowableOfType(ProblemException.class, () -> quota.requireStorage("a"));

    assertThat(refused.code()).isEqualTo("storage_limited");
    assertThatCode(() -> quota.requireStorage("b")).doesNotThrowAnyException();
    nanos += TimeUnit.SECONDS.toNanos(200);
    assertThatCode(() -> quota.requireStorage("a")).doesNotThrowAnyException();
  }

  private String refusedStart(String key) {
    return catchThrowableOfType(ProblemException.class, () -> quota.start(key)).code();
  }

  /** A request that remembers what is put into it. */
  private static RoutingContext request() {
    Map<Object, Object> held = new HashMap<>();
    return (RoutingContext)
        Proxy.newProxyInstance(
            KeyQuotaTest.class.getClassLoader(),
            new Class<?>[] {RoutingContext.class},
            (proxy, method, values) ->
                switch (method.getName()) {
                  case "get" -> held.get(values[0]);
                  case "put" -> {
                    held.put(values[0], values[1]);
                    yield proxy;
                  }
                  case "addEndHandler" -> 0;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** Writes headers into a map. */
  static final class ToldHeaders extends RateLimitHeaders {
    private final Map<String, String> told;

    @SuppressWarnings("NullAway") // the current request is not asked for
    ToldHeaders(Map<String, String> told) {
      super(null);
      this.told = told;
    }

    @Override
    void put(String name, String value) {
      told.put(name, value);
    }
  }
}
