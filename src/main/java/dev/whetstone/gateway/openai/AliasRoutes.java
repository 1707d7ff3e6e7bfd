package dev.whetstone.gateway.openai;

import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Readiness and metrics where the clients of other servers look for them. */
@Singleton
public final class AliasRoutes {
  void register(@Observes Router router) {
    alias(router, "/health", "/q/health/ready");
    alias(router, "/metrics", "/q/metrics");
  }

  private static void alias(Router router, String from, String to) {
    router.get(from).handler(http -> http.reroute(to));
    router.head(from).handler(http -> http.reroute(to));
  }
}
