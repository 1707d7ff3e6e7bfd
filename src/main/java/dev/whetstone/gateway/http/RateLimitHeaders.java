package dev.whetstone.gateway.http;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Locale;

/**
 * Tells a client its limits in the headers that OpenAI's clients read: {@code
 * x-ratelimit-limit-requests}, {@code -remaining-} and {@code -reset-}, and the same of tokens.
 */
@Singleton
class RateLimitHeaders {
  private final CurrentVertxRequest current;

  @Inject
  RateLimitHeaders(CurrentVertxRequest current) {
    this.current = current;
  }

  /**
   * Tells one limit.
   *
   * @param of what is limited, such as requests
   * @param reset seconds until all of it is there again
   */
  void tell(String of, double limit, double remaining, double reset) {
    put("x-ratelimit-limit-" + of, Long.toString((long) limit));
    put("x-ratelimit-remaining-" + of, Long.toString((long) Math.max(0, remaining)));
    put("x-ratelimit-reset-" + of, String.format(Locale.ROOT, "%.3fs", reset));
  }

  void put(String name, String value) {
    RoutingContext request = current.getCurrent();
    if (request != null && !request.response().headWritten()) {
      request.response().putHeader(name, value);
    }
  }
}
