package dev.whetstone.app;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;

/**
 * A trainer serves health and metrics, and answers 404 on every other path. Quarkus registers the
 * routes when it builds the application, which runs as either process, so a trainer has them all.
 * {@code @EndpointDisabled} could close the resources at run time, one by one, but neither pages
 * nor the OpenAPI document, and it would open the one that lacks it; a permission that denies asks
 * for the key first. A list of what is open, ahead of every route, fails closed.
 */
final class TrainerRoutes {
  private TrainerRoutes() {}

  static void register(Router router) {
    router
        .route()
        .order(Integer.MIN_VALUE)
        .handler(
            context -> {
              if (isServed(context.request())) {
                context.next();
              } else {
                context.response().setStatusCode(404).end();
              }
            });
  }

  private static boolean isServed(HttpServerRequest request) {
    String path = request.path();
    return path.startsWith("/q/health") || path.startsWith("/q/metrics");
  }
}
