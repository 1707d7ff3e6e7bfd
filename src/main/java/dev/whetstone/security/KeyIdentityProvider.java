package dev.whetstone.security;

import dev.whetstone.database.DatabaseUnavailableException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** Turns a key into an identity: its id is the principal, its role grants the roles. */
@Singleton
public final class KeyIdentityProvider implements IdentityProvider<TokenAuthenticationRequest> {
  @Inject ApiKeys keys;

  @Override
  public Class<TokenAuthenticationRequest> getRequestType() {
    return TokenAuthenticationRequest.class;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      TokenAuthenticationRequest request, AuthenticationRequestContext context) {
    try {
      return keys.authenticate(request.getToken().getToken())
          .map(key -> Uni.createFrom().item(identity(key)))
          .orElseGet(() -> Uni.createFrom().failure(new AuthenticationFailedException()));
    } catch (DatabaseUnavailableException unread) {
      return Uni.createFrom().failure(unread);
    }
  }

  private static SecurityIdentity identity(ApiKey key) {
    return QuarkusSecurityIdentity.builder()
        .setPrincipal(new QuarkusPrincipal(key.id()))
        .addRoles(key.role().grants())
        .build();
  }
}
