package dev.whetstone.gateway.pages;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.gateway.http.Problems;
import io.quarkus.oidc.OIDCException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Answers sign-ins by a provider that is away, each with 503 and what to do instead. The code flow
 * would send the browser to an address that does not answer, or fail with a bare 500.
 */
@Singleton
final class ProviderGuard {
  private static final Logger LOG = Logger.getLogger(ProviderGuard.class);
  private static final String PATH = "/session/oidc";
  // after the request log and the border, before the application server's code flow
  private static final int FOURTH_FILTER = 7_000;
  private static final int CONNECT_MILLIS = 3_000;
  private static final int RETRY_SECONDS = 30;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private final OidcConfig config;
  private final ObjectMapper mapper;
  private final NetClient client;
  private final boolean reachedDirectly;

  @Inject
  ProviderGuard(
      OidcConfig config,
      ObjectMapper mapper,
      Vertx vertx,
      @ConfigProperty(name = "quarkus.oidc.pages.proxy.host") Optional<String> proxy) {
    this.config = config;
    this.mapper = mapper;
    this.client = vertx.createNetClient(new NetClientOptions().setConnectTimeout(CONNECT_MILLIS));
    this.reachedDirectly = proxy.isEmpty();
  }

  void register(@Observes Filters filters) {
    if (config.enabled() && config.issuer().isPresent() && reachedDirectly) {
      URI issuer = URI.create(config.issuer().get());
      filters.register(context -> check(context, issuer), FOURTH_FILTER);
    }
  }

  /** A provider that accepts connections may still not tell how to use it. */
  void answerFailed(@Observes Router router) {
    router
        .route(PATH)
        .order(Integer.MIN_VALUE)
        .failureHandler(
            context -> {
              OIDCException away = providersFault(context.failure());
              if (away == null) {
                context.next();
              } else {
                refuse(context, away);
              }
            });
  }

  private void check(RoutingContext context, URI issuer) {
    if (!context.normalizedPath().equals(PATH)) {
      context.next();
      return;
    }
    HttpServerRequest request = context.request();
    request.pause();
    client
        .connect(port(issuer), issuer.getHost())
        .onComplete(
            socket -> {
              socket.close();
              request.resume();
              context.next();
            },
            away -> {
              request.resume();
              refuse(context, away);
            });
  }

  private static int port(URI issuer) {
    if (issuer.getPort() >= 0) {
      return issuer.getPort();
    }
    return "http".equals(issuer.getScheme()) ? HTTP_PORT : HTTPS_PORT;
  }

  private static @Nullable OIDCException providersFault(@Nullable Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OIDCException fault) {
        return fault;
      }
    }
    return null;
  }

  private void refuse(RoutingContext context, Throwable why) {
    LOG.warnf(
        "nobody can sign in by %s: %s does not answer: %s",
        config.label(), config.issuer().orElse("the provider"), why.getMessage());
    HttpServerResponse response =
        context
            .response()
            .setStatusCode(503)
            .putHeader(HttpHeaders.RETRY_AFTER, Integer.toString(RETRY_SECONDS))
            .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    String accepted = context.request().getHeader(HttpHeaders.ACCEPT);
    if (accepted != null && accepted.contains("text/html")) {
      response
          .putHeader(HttpHeaders.CONTENT_TYPE, "text/html; charset=utf-8")
          .end(PlainPage.providerAway(config.label()));
      return;
    }
    Problem problem =
        Problems.of(
            503,
            "provider_away",
            "%s does not answer, so nobody can sign in by it now; sign in with a key, or by the link"
                    .formatted(config.label())
                + " that ./whetstone open prints, or try again",
            null);
    response
        .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .end(mapper.valueToTree(problem).toString());
  }
}
