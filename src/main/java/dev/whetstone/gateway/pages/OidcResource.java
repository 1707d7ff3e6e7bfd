package dev.whetstone.gateway.pages;

import dev.whetstone.gateway.http.PathPrefix;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.security.ApiKey;
import dev.whetstone.security.Person;
import dev.whetstone.security.PersonStore;
import dev.whetstone.security.ProvidedIdentity;
import dev.whetstone.security.Role;
import dev.whetstone.security.Session;
import dev.whetstone.security.SessionCache;
import io.quarkus.oidc.OidcSession;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.security.PermitAll;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/**
 * Sign-in by an OpenID Connect provider. Quarkus does the code flow on this path alone (see
 * application.properties); whoever gets here has an ID token, which is exchanged for a session of
 * Whetstone's own and forgotten.
 */
@Path("/session/oidc")
@PermitAll
public class OidcResource {
  private final OidcConfig config;
  private final PersonStore people;
  private final SessionCache sessions;
  private final SessionCookies cookies;
  private final OidcSession provider;

  @Inject
  OidcResource(
      OidcConfig config,
      PersonStore people,
      SessionCache sessions,
      SessionCookies cookies,
      OidcSession provider) {
    this.config = config;
    this.people = people;
    this.sessions = sessions;
    this.cookies = cookies;
    this.provider = provider;
  }

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Signs this browser in by the configured OpenID Connect provider")
  @APIResponse(responseCode = "302", description = "to the provider")
  @APIResponse(responseCode = "303", description = "to the pages, signed in or with an error")
  @APIResponse(responseCode = "503", description = "the provider does not answer")
  public Response signIn(
      @Context SecurityIdentity identity,
      @HeaderParam("User-Agent") @Nullable String client,
      @Context HttpServerRequest http) {
    ProvidedIdentity.Claims claims = claims(identity);
    // the provider's tokens are not kept: from here on the session is Whetstone's own
    provider.logout().await().indefinitely();
    Optional<Role> role = role(claims.roles());
    if (role.isEmpty()) {
      return to(http, "/?error=no_role").build();
    }
    return people
        .signIn(person(claims.token()), role.get())
        .map(key -> signedIn(key, client == null ? "unknown" : client, http))
        .orElseGet(() -> to(http, "/?error=revoked").build());
  }

  private static ProvidedIdentity.Claims claims(SecurityIdentity identity) {
    return ProvidedIdentity.of(identity)
        .orElseThrow(
            () ->
                ProblemException.of(
                    404, "no_provider", "no OpenID Connect provider is configured"));
  }

  private Response signedIn(ApiKey key, String client, HttpServerRequest http) {
    Session.Opened opened = sessions.open(key, Session.Origin.OIDC, client, config.session());
    return to(http, "/").cookie(cookies.of(opened, http)).build();
  }

  private Optional<Role> role(Set<String> claimed) {
    if (claimed.contains(config.operator())) {
      return Optional.of(Role.OPERATOR);
    }
    if (claimed.contains(config.rater())) {
      return Optional.of(Role.RATER);
    }
    return claimed.contains(config.chat()) ? Optional.of(Role.CHAT) : config.otherwise();
  }

  private static Person person(JsonWebToken token) {
    String name =
        Stream.of("preferred_username", "email", "name")
            .map(claim -> token.<Object>getClaim(claim))
            .filter(String.class::isInstance)
            .map(String.class::cast)
            .findFirst()
            .orElse(token.getSubject());
    return new Person(token.getIssuer(), token.getSubject(), name + " at " + token.getIssuer());
  }

  private static Response.ResponseBuilder to(HttpServerRequest http, String page) {
    return Response.seeOther(URI.create(PathPrefix.of(http) + page))
        .header("Cache-Control", "no-store");
  }
}
