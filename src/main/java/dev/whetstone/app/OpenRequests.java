package dev.whetstone.app;

import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.RequestLog;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;

/** The requests that have no whole answer yet, for a gateway that stops. */
@Singleton
final class OpenRequests {
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(20);

  private final GatewayConfig config;
  private final RequestLog log;

  @Inject
  OpenRequests(GatewayConfig config, RequestLog log) {
    this.config = config;
    this.log = log;
  }

  /** Gives balancers the time to see that this gateway is not ready any more. */
  void awaitBalancers() throws InterruptedException {
    Thread.sleep(config.drainDelay());
  }

  /** Waits until the last answers are written, a few seconds at most. */
  void awaitLastAnswers() throws InterruptedException {
    long limit = System.nanoTime() + LAST_ANSWERS.toNanos();
    while (log.active() > 0 && System.nanoTime() < limit) {
      Thread.sleep(POLL);
    }
  }
}
