package dev.whetstone.gateway.pages;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.List;
import java.util.Map;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.token.DefaultOAuth2TokenCallback;

/** An OpenID Connect provider that runs beside the gateway and signs in whom a test names. */
public final class RealProvider implements QuarkusTestResourceLifecycleManager {
  private static final String ISSUER = "people";
  private static final String CLIENT = "whetstone";

  private static final MockOAuth2Server SERVER = new MockOAuth2Server();

  /** The provider's address. */
  static String issuer() {
    return SERVER.issuerUrl(ISSUER).toString();
  }

  /** The next browser that comes is this person. */
  static void nextIs(String subject, String name, List<String> groups) {
    SERVER.enqueueCallback(
        new DefaultOAuth2TokenCallback(
            ISSUER,
            subject,
            "JWT",
            List.of(CLIENT),
            Map.of("preferred_username", name, "groups", groups),
            3600));
  }

  @Override
  public Map<String, String> start() {
    SERVER.start();
    return Map.of(
        "whetstone.oidc.enabled", "true",
        "whetstone.oidc.issuer", issuer(),
        "whetstone.oidc.client-id", CLIENT,
        "whetstone.oidc.client-secret", "a secret that the provider knows, long enough to seal",
        "whetstone.oidc.label", "the test's provider");
  }

  @Override
  public void stop() {
    SERVER.shutdown();
  }
}
