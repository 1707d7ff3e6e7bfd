package dev.whetstone.testing;

import dev.whetstone.io.Ports;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.token.DefaultOAuth2TokenCallback;

/** An OpenID Connect provider that runs beside the gateway and signs in whom a test names. */
public final class RealProvider implements QuarkusTestResourceLifecycleManager {
  private static final String ISSUER = "people";
  private static final String CLIENT = "whetstone";

  private static int port;
  private static MockOAuth2Server server = new MockOAuth2Server();

  /** The provider's address, which it keeps. */
  public static String issuer() {
    return "http://localhost:%d/%s".formatted(port, ISSUER);
  }

  /** The next browser that comes is this person. */
  public static void nextIs(String subject, String name, List<String> groups) {
    server.enqueueCallback(
        new DefaultOAuth2TokenCallback(
            ISSUER,
            subject,
            "JWT",
            List.of(CLIENT),
            Map.of("preferred_username", name, "groups", groups),
            3600));
  }

  /** Does something while the provider does not answer; afterwards it does, at the same address. */
  public static <T> T away(Callable<T> meanwhile) throws Exception {
    server.shutdown();
    try {
      return meanwhile.call();
    } finally {
      server = new MockOAuth2Server();
      server.start(port);
    }
  }

  @Override
  public Map<String, String> start() {
    try {
      // a socket of a port that it was told may be opened there again at once
      port = Ports.free();
    } catch (IOException none) {
      throw new UncheckedIOException(none);
    }
    server.start(port);
    return Map.of(
        "whetstone.oidc.enabled", "true",
        "whetstone.oidc.issuer", issuer(),
        "whetstone.oidc.client-id", CLIENT,
        "whetstone.oidc.client-secret", "a secret that the provider knows, long enough to seal",
        "whetstone.oidc.label", "the test's provider");
  }

  @Override
  public void stop() {
    server.shutdown();
  }
}
