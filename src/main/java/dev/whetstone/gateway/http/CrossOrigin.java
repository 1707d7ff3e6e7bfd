package dev.whetstone.gateway.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.handler.CorsHandler;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Lets the pages of other origins use the gateway with a key (Fetch standard, CORS protocol), where
 * a setting names them. Cookies stay with the gateway's own pages.
 */
@Singleton
final class CrossOrigin {
  // After the request log and the checks of a request's borders.
  private static final int THIRD_FILTER = 8_000;
  private static final String ANY = "*";

  private final GatewayConfig config;

  @Inject
  CrossOrigin(GatewayConfig config) {
    this.config = config;
  }

  void register(@Observes Filters filters) {
    List<String> origins = config.corsOrigins().orElse(List.of());
    if (origins.isEmpty()) {
      return;
    }
    CorsHandler handler =
        CorsHandler.create()
            .allowedMethods(
                Set.of(
                    HttpMethod.GET,
                    HttpMethod.HEAD,
                    HttpMethod.POST,
                    HttpMethod.PUT,
                    HttpMethod.PATCH,
                    HttpMethod.DELETE))
            .exposedHeaders(
                Set.of(
                    "X-Request-Id",
                    "Retry-After",
                    "X-Whetstone-Tools",
                    "X-RateLimit-Limit-Requests",
                    "X-RateLimit-Remaining-Requests",
                    "X-RateLimit-Reset-Requests"))
            .maxAgeSeconds((int) Duration.ofHours(1).toSeconds());
    if (origins.contains(ANY)) {
      handler.addOrigin(ANY);
    } else {
      handler.addOrigins(origins);
    }
    filters.register(
        context -> {
          String origin = context.request().getHeader(HttpHeaders.ORIGIN);
          // The handler refuses foreign origins, and would refuse the gateway's own pages too.
          if (origin != null && (origins.contains(ANY) || origins.contains(origin))) {
            handler.handle(context);
          } else {
            context.next();
          }
        },
        THIRD_FILTER);
  }
}
