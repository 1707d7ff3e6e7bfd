package dev.whetstone.gateway.pages;

import dev.whetstone.security.Session;
import dev.whetstone.security.SessionMechanism;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.NewCookie;

/** Makes the cookies that carry a session's secret. */
@Singleton
final class SessionCookies {
  private final PagesConfig config;

  @Inject
  SessionCookies(PagesConfig config) {
    this.config = config;
  }

  NewCookie of(Session.Opened opened, HttpServerRequest request) {
    return cookie(opened.secret(), (int) config.session().toSeconds(), request);
  }

  /** A cookie that takes the browser's one away. */
  NewCookie none(HttpServerRequest request) {
    return cookie("", 0, request);
  }

  private NewCookie cookie(String value, int seconds, HttpServerRequest request) {
    return new NewCookie.Builder(SessionMechanism.cookieName(request))
        .value(value)
        .path("/")
        .maxAge(seconds)
        .httpOnly(true)
        .sameSite(NewCookie.SameSite.STRICT)
        .secure(config.secureCookies() || "https".equals(request.scheme()))
        .build();
  }
}
