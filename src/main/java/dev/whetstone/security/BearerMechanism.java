package dev.whetstone.security;

import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.credential.TokenCredential;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;

/**
 * Reads the API key from {@code Authorization: Bearer} (RFC 6750, section 2.1), or where that is
 * absent from {@code X-Api-Key}, as Anthropic's clients send it. An address that sends many wrong
 * keys waits for each refusal.
 */
@Singleton
public final class BearerMechanism implements HttpAuthenticationMechanism {
  private static final String SCHEME = "Bearer ";
  private static final int MAX_HEADER_LENGTH = 200;

  private final FailedAttempts failed = new FailedAttempts();

  @Override
  public Uni<SecurityIdentity> authenticate(
      RoutingContext context, IdentityProviderManager identities) {
    return identify(context, identities)
        .onFailure(AuthenticationFailedException.class)
        .call(
            () -> {
              Duration delay = failed.add(address(context), System.nanoTime());
              return delay.isZero()
                  ? Uni.createFrom().voidItem()
                  : Uni.createFrom().voidItem().onItem().delayIt().by(delay);
            });
  }

  private static String address(RoutingContext context) {
    SocketAddress client = context.request().remoteAddress();
    return client == null || client.hostAddress() == null ? "" : client.hostAddress();
  }

  private static Uni<SecurityIdentity> identify(
      RoutingContext context, IdentityProviderManager identities) {
    String header = context.request().getHeader("Authorization");
    if (header == null) {
      String key = context.request().getHeader("X-Api-Key");
      return key == null ? Uni.createFrom().nullItem() : authenticate(key, identities);
    }
    if (header.length() > MAX_HEADER_LENGTH
        || !header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return Uni.createFrom().failure(new AuthenticationFailedException());
    }
    return authenticate(header.substring(SCHEME.length()).strip(), identities);
  }

  private static Uni<SecurityIdentity> authenticate(
      String secret, IdentityProviderManager identities) {
    if (secret.length() > MAX_HEADER_LENGTH) {
      return Uni.createFrom().failure(new AuthenticationFailedException());
    }
    return identities.authenticate(
        new TokenAuthenticationRequest(new TokenCredential(secret, "bearer")));
  }

  @Override
  public Uni<ChallengeData> getChallenge(RoutingContext context) {
    return Uni.createFrom()
        .item(new ChallengeData(401, "WWW-Authenticate", "Bearer realm=\"whetstone\""));
  }

  @Override
  public Set<Class<? extends AuthenticationRequest>> getCredentialTypes() {
    return Set.of(TokenAuthenticationRequest.class);
  }
}
