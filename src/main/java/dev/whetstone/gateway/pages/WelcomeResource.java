package dev.whetstone.gateway.pages;

import dev.whetstone.gateway.http.PathPrefix;
import dev.whetstone.security.ApiKeys;
import dev.whetstone.security.Role;
import dev.whetstone.security.Session;
import dev.whetstone.security.SessionCache;
import dev.whetstone.security.SessionStore;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** One-time links that sign a browser in. */
@Path("/welcome")
public class WelcomeResource {
  private final ApiKeys keys;
  private final SessionStore store;
  private final SessionCache sessions;
  private final SessionCookies cookies;
  private final PagesConfig config;
  private final InstantSource clock;

  @Inject
  WelcomeResource(
      ApiKeys keys,
      SessionStore store,
      SessionCache sessions,
      SessionCookies cookies,
      PagesConfig config,
      InstantSource clock) {
    this.keys = keys;
    this.store = store;
    this.sessions = sessions;
    this.cookies = cookies;
    this.config = config;
    this.clock = clock;
  }

  /** A link to open once. */
  public record Link(String url, Instant expiresAt) {}

  @POST
  @RolesAllowed(Role.OPERATOR_ROLE)
  @Produces(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Makes a link that signs one browser in with the caller's rights, once")
  @APIResponse(responseCode = "200", description = "the link")
  public Link create(@Context SecurityIdentity identity, @Context HttpServerRequest http) {
    String key = identity.getPrincipal().getName();
    Instant expiresAt = clock.instant().plus(config.link());
    // a first start's keys may not be in the database yet
    keys.refresh();
    String code = store.createLink(key, config.link(), key);
    return new Link(
        http.scheme() + "://" + http.authority() + PathPrefix.of(http) + "/welcome/" + code,
        expiresAt);
  }

  @GET
  @Path("{code}")
  @PermitAll
  @Produces(MediaType.TEXT_HTML)
  @RunOnVirtualThread
  @Operation(summary = "Signs this browser in; the page sets a cookie and goes on")
  @APIResponse(responseCode = "200", description = "the browser is signed in")
  @APIResponse(responseCode = "410", description = "the link was used or is too old")
  public Response open(
      @PathParam("code") String code,
      @HeaderParam("User-Agent") @Nullable String client,
      @Context HttpServerRequest http) {
    Optional<Session.Opened> opened =
        sessions.openByLink(code, client == null ? "unknown" : client, config.session());
    // A page and no redirect: a browser withholds a strict cookie from a redirect that began
    // elsewhere.
    return opened
        .map(session -> page(200, PlainPage.signedIn()).cookie(cookies.of(session, http)).build())
        .orElseGet(() -> page(410, PlainPage.linkEnded()).build());
  }

  /** Uses no link up: programs that look at links before a person does ask like this. */
  @HEAD
  @Path("{code}")
  @PermitAll
  @Operation(hidden = true)
  public Response look(@PathParam("code") String code) {
    return Response.ok().build();
  }

  private static Response.ResponseBuilder page(int status, String html) {
    return Response.status(status)
        .type(MediaType.TEXT_HTML_TYPE.withCharset("utf-8"))
        .header("Cache-Control", "no-store")
        .entity(html);
  }
}
