package dev.whetstone.gateway.pages;

import dev.whetstone.security.Role;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of sign-in to the pages by an OpenID Connect provider, {@code whetstone.oidc.*}. */
@ConfigMapping(prefix = "whetstone.oidc")
public interface OidcConfig {
  /** Whether browsers may sign in by the provider. Off, nothing asks it anything. */
  @WithDefault("false")
  boolean enabled();

  /** The provider's address, below which it serves {@code .well-known/openid-configuration}. */
  Optional<String> issuer();

  /** The id that the provider knows this gateway by. */
  Optional<String> clientId();

  /** The secret that goes with it. */
  Optional<String> clientSecret();

  /** What the button of the sign-in page calls the provider. */
  @WithDefault("your organisation")
  String label();

  /**
   * Claim of the ID token that holds what a person may do, with slashes into objects, as in {@code
   * realm_access/roles}.
   */
  @WithDefault("groups")
  String roleClaim();

  /** Value of the claim that makes an operator. */
  @WithDefault("operator")
  String operator();

  /** Value of the claim that makes a rater. */
  @WithDefault("rater")
  String rater();

  /** Value of the claim that lets chat and vote. */
  @WithDefault("chat")
  String chat();

  /** Role of people whose claim has none of these values; by default they are refused. */
  Optional<Role> otherwise();

  /** How long such a browser stays signed in before the provider is asked again. */
  @WithDefault("1D")
  Duration session();
}
