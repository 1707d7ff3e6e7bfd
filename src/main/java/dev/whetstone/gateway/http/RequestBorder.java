package dev.whetstone.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests whose borders are not clear, before any route sees them: where it is uncertain
 * which host they are for, how their body ends or how it is coded. Its connection is closed, since
 * what follows on it cannot be trusted. Also bounds the time that a body may take.
 */
@Singleton
final class RequestBorder {
  // After the request log, which then logs what is refused here.
  private static final int SECOND_FILTER = 9_000;
  private static final long MIN_PROGRESS = 1 << 10;

  private final GatewayConfig config;
  private final ObjectMapper mapper;

  @Inject
  RequestBorder(GatewayConfig config, ObjectMapper mapper) {
    this.config = config;
    this.mapper = mapper;
  }

  void register(@Observes Filters filters) {
    filters.register(this::check, SECOND_FILTER);
  }

  // The router fails a request without a host before any filter sees it.
  void refuseFailed(@Observes Router router) {
    router
        .route()
        .order(Integer.MIN_VALUE)
        .failureHandler(
            context -> {
              Problem problem = fault(context.request());
              if (problem == null) {
                context.next();
              } else {
                refuse(context, problem);
              }
            });
  }

  private void check(RoutingContext context) {
    HttpServerRequest request = context.request();
    Problem problem = fault(request);
    if (problem != null) {
      refuse(context, problem);
      return;
    }
    if (hasBody(request)) {
      watch(context, request, request.bytesRead());
    }
    context.next();
  }

  static @Nullable Problem fault(HttpServerRequest request) {
    List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
    if (hosts.size() > 1) {
      return Problems.of(400, "bad_request", "the request has more than one Host header", "Host");
    }
    if (hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1) {
      return Problems.of(400, "bad_request", "the request has no Host header", "Host");
    }
    List<String> transfer = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
    if (transfer.size() > 1
        || (transfer.size() == 1 && !transfer.getFirst().strip().equalsIgnoreCase("chunked"))) {
      return Problems.of(
          400,
          "bad_request",
          "the request's Transfer-Encoding is not chunked",
          "Transfer-Encoding");
    }
    if (!transfer.isEmpty() && request.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
      return Problems.of(
          400,
          "bad_request",
          "the request has both a Content-Length and a Transfer-Encoding",
          "Content-Length");
    }
    String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
    if (coding != null && !coding.strip().toLowerCase(Locale.ROOT).equals("identity")) {
      return Problems.of(
          415,
          "unsupported_encoding",
          "the body must not be compressed: Content-Encoding is not supported",
          "Content-Encoding");
    }
    return null;
  }

  // Declared, not seen: a request whose body nobody reads counts as unended for ever.
  private static boolean hasBody(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        || (length != null && !length.equals("0"));
  }

  /** Ends the request unless its body has arrived, or an upload has gone on, within the time. */
  private void watch(RoutingContext context, HttpServerRequest request, long before) {
    long timer =
        context
            .vertx()
            .setTimer(
                config.bodyTimeout().toMillis(),
                fired -> {
                  if (BodyArrival.of(context) || request.isEnded() || request.response().ended()) {
                    return;
                  }
                  if (!isJson(request) && request.bytesRead() - before >= MIN_PROGRESS) {
                    watch(context, request, request.bytesRead());
                    return;
                  }
                  refuse(
                      context,
                      Problems.of(
                          408,
                          "body_timeout",
                          "the body did not arrive within " + config.bodyTimeout(),
                          null));
                });
    context.addEndHandler(ended -> context.vertx().cancelTimer(timer));
  }

  private static boolean isJson(HttpServerRequest request) {
    String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
    return type == null || type.regionMatches(true, 0, "application/json", 0, 16);
  }

  private void refuse(RoutingContext context, Problem problem) {
    HttpServerRequest request = context.request();
    if (request.response().headWritten()) {
      request.response().reset();
      return;
    }
    request
        .response()
        .setStatusCode(problem.status())
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
        .end(mapper.valueToTree(problem).toString())
        .onComplete(ignored -> request.connection().close());
  }
}
