package dev.whetstone.security;

import dev.whetstone.database.DatabaseUnavailableException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.credential.TokenCredential;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.IdentityProvider;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * Turns a key into a Quarkus identity: the principal is its id, the roles are its role's grants.
 */
@Singleton
public final class KeyIdentityProvider implements IdentityProvider<TokenAuthenticationRequest> {
  private final ApiKeys keys;

  @Inject
  KeyIdentityProvider(ApiKeys keys) {
    this.keys = keys;
  }

  @Override
  public Class<TokenAuthenticationRequest> getRequestType() {
    return TokenAuthenticationRequest.class;
  }

  @Override
  public Uni<SecurityIdentity> authenticate(
      TokenAuthenticationRequest request, AuthenticationRequestContext context) {
    if (request.getToken().getClass() != TokenCredential.class) {
      // a provider's token, which is no key
      return Uni.createFrom().nullItem();
    }
    try {
      return keys.authenticate(request.getToken().getToken())
          .map(key -> Uni.createFrom().item(identity(key)))
          .orElseGet(() -> Uni.createFrom().failure(new AuthenticationFailedException()));
    } catch (DatabaseUnavailableException notReadYet) {
      return Uni.createFrom().failure(notReadYet);
    }
  }

  static SecurityIdentity identity(ApiKey key) {
    return QuarkusSecurityIdentity.builder()
        .setPrincipal(new QuarkusPrincipal(key.id()))
        .addRoles(key.role().grants())
        .addAttribute(KeyUsers.ATTRIBUTE, key.users())
        .build();
  }
}
