package dev.whetstone.gateway.pages;

import dev.whetstone.gateway.http.PathPrefix;
import dev.whetstone.security.Session;
import dev.whetstone.security.SessionMechanism;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.NewCookie;
import java.time.Duration;

/** Makes the cookies that carry a session's secret. */
@Singleton
final class SessionCookies {
  private final PagesConfig config;

  @Inject
  SessionCookies(PagesConfig config) {
    this.config = config;
  }

  NewCookie of(Session.Opened opened, HttpServerRequest request) {
    Session session = opened.session();
    // a browser that comes back from its provider would withhold a strict cookie
    NewCookie.SameSite sameSite =
        session.origin() == Session.Origin.OIDC
            ? NewCookie.SameSite.LAX
            : NewCookie.SameSite.STRICT;
    int seconds = (int) Duration.between(session.createdAt(), session.expiresAt()).toSeconds();
    return cookie(opened.secret(), seconds, sameSite, request);
  }

  /** A cookie that takes the browser's one away. */
  NewCookie none(HttpServerRequest request) {
    return cookie("", 0, NewCookie.SameSite.STRICT, request);
  }

  private NewCookie cookie(
      String value, int seconds, NewCookie.SameSite sameSite, HttpServerRequest request) {
    return new NewCookie.Builder(SessionMechanism.cookieName(request))
        .value(value)
        .path(PathPrefix.of(request).isEmpty() ? "/" : PathPrefix.of(request))
        .maxAge(seconds)
        .httpOnly(true)
        .sameSite(sameSite)
        .secure(config.secureCookies() || "https".equals(request.scheme()))
        .build();
  }
}
