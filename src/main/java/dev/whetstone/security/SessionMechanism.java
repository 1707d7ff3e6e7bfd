package dev.whetstone.security;

import dev.whetstone.database.DatabaseUnavailableException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;

/**
 * Authenticates a browser by its session's cookie, with the rights of the session's key. A request
 * with an Authorization header is the key's own.
 */
@Singleton
public final class SessionMechanism implements HttpAuthenticationMechanism {
  private static final int MAX_SECRET_LENGTH = 100;

  private final SessionCache sessions;

  @Inject
  SessionMechanism(SessionCache sessions) {
    this.sessions = sessions;
  }

  /** The cookie's name. It carries the port, because browsers send cookies to every port. */
  public static String cookieName(HttpServerRequest request) {
    return "whetstone_" + request.localAddress().port();
  }

  /**
   * The session of a request; empty when it has none that lives.
   *
   * @throws DatabaseUnavailableException before the sessions are first read
   * @throws CrossSiteException when another site made the browser send it
   */
  public Optional<Session> session(HttpServerRequest request) {
    Cookie cookie = request.getCookie(cookieName(request));
    Optional<Session> session =
        Optional.ofNullable(cookie)
            .map(Cookie::getValue)
            .filter(secret -> secret.length() <= MAX_SECRET_LENGTH)
            .flatMap(sessions::authenticate);
    if (session.isPresent() && !SameOrigin.allows(request)) {
      throw new CrossSiteException();
    }
    return session;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext context, IdentityProviderManager identities) {
    if (context.request().getHeader("Authorization") != null) {
      return Uni.createFrom().nullItem();
    }
    try {
      Optional<Session> session = session(context.request());
      return session.isEmpty()
          ? Uni.createFrom().nullItem()
          : Uni.createFrom().item(KeyIdentityProvider.identity(session.get().key()));
    } catch (DatabaseUnavailableException | CrossSiteException refused) {
      return Uni.createFrom().failure(refused);
    }
  }

  // A browser would ask for a password; the pages show their own form.
  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext context) {
    return Uni.createFrom().nullItem();
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of();
  }
}
