package dev.whetstone.security;

import io.quarkus.oidc.IdTokenCredential;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * Makes of what a provider's token says an identity without roles: they open no route by
 * themselves, only through the session that the sign-in makes of them, which can be revoked. Its
 * name is the person's id, so that logs name nobody.
 */
@Singleton
public final class ProvidedIdentity implements SecurityIdentityAugmentor {
  private static final String ATTRIBUTE = "whetstone.claims";

  /**
   * What a provider vouches for.
   *
   * @param roles values of the claim that is set up, in the provider's own words
   */
  public record Claims(JsonWebToken token, Set<String> roles) {}

  /** The claims of an identity; empty for one that no provider vouches for. */
  public static Optional<Claims> of(SecurityIdentity identity) {
    return Optional.ofNullable(identity.<Claims>getAttribute(ATTRIBUTE));
  }

  @Override
  public Uni<SecurityIdentity> augment(
      SecurityIdentity identity, AuthenticationRequestContext context) {
    if (identity.getCredential(IdTokenCredential.class) == null
        || !(identity.getPrincipal() instanceof JsonWebToken token)) {
      return Uni.createFrom().item(identity);
    }
    return Uni.createFrom()
        .item(
            QuarkusSecurityIdentity.builder()
                .setPrincipal(
                    new QuarkusPrincipal(Person.id(token.getIssuer(), token.getSubject())))
                .addCredentials(identity.getCredentials())
                .addAttributes(identity.getAttributes())
                .addAttribute(ATTRIBUTE, new Claims(token, Set.copyOf(identity.getRoles())))
                .build());
  }
}
