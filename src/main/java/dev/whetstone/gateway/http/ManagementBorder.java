package dev.whetstone.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands below {@code /q}: read-only routes that the application server brings. It answers any
 * method on them, and says UP to a health check that does not exist.
 */
@Singleton
final class ManagementBorder {
  private static final int THIRD_FILTER = 8_000;
  private static final String HEALTH = "/q/health";
  private static final String ALLOWED = "GET, HEAD, OPTIONS";
  private static final Set<HttpMethod> METHODS =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
  private static final Set<String> CHECKS = Set.of("", "/", "/live", "/ready", "/started");

  private final ObjectMapper mapper;

  @Inject
  ManagementBorder(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  void register(@Observes Filters filters) {
    filters.register(this::check, THIRD_FILTER);
  }

  private void check(RoutingContext context) {
    Problem problem = fault(context.request().method(), context.normalizedPath());
    if (problem == null) {
      context.next();
      return;
    }
    if (problem.status() == 405) {
      context.response().putHeader(HttpHeaders.ALLOW, ALLOWED);
    }
    context
        .response()
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .end(mapper.valueToTree(problem).toString());
  }

  static @Nullable Problem fault(HttpMethod method, String path) {
    if (!path.startsWith("/q/")) {
      return null;
    }
    if (!METHODS.contains(method)) {
      return Problems.of(
          405, "method_not_allowed", "the route " + path + " does not support this method", null);
    }
    if (path.startsWith(HEALTH) && !CHECKS.contains(path.substring(HEALTH.length()))) {
      return Problems.of(404, "not_found", "there is no health check " + path, null);
    }
    return null;
  }
}
