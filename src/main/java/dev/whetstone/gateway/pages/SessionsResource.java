package dev.whetstone.gateway.pages;

import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.security.Role;
import dev.whetstone.security.Session;
import dev.whetstone.security.SessionCache;
import dev.whetstone.security.SessionStore;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Lists the browsers that are signed in, and signs them out. */
@Path("/sessions")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class SessionsResource {
  private final SessionStore store;
  private final SessionCache sessions;
  private final SecurityIdentity identity;

  @Inject
  SessionsResource(SessionStore store, SessionCache sessions, SecurityIdentity identity) {
    this.store = store;
    this.sessions = sessions;
    this.identity = identity;
  }

  /**
   * A browser that is signed in.
   *
   * @param key id of the key it acts as
   * @param origin link, key or oidc
   * @param client the browser's own name for itself
   */
  public record Row(
      String id,
      String key,
      String role,
      String origin,
      String client,
      Instant createdAt,
      Instant lastUsedAt,
      Instant expiresAt) {
    static Row of(Session session) {
      return new Row(
          session.id(),
          session.key().id(),
          session.key().role().label(),
          session.origin().label(),
          session.client(),
          session.createdAt(),
          session.lastUsedAt(),
          session.expiresAt());
    }
  }

  /** All of them, on one page; {@code next} is null. */
  public record Page(List<Row> items, @Nullable String next) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists the browsers that are signed in, the last used first")
  public Page list() {
    return new Page(store.live().stream().map(Row::of).toList(), null);
  }

  @DELETE
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Signs a browser out, on every gateway within seconds")
  @APIResponse(responseCode = "204", description = "The session has ended")
  public Response revoke(@PathParam("id") String id) {
    String actor = identity.getPrincipal().getName();
    if (!sessions.revoke(Parameters.required("id", id), actor)) {
      throw ProblemException.of(404, "unknown_session", "there is no such session");
    }
    return Response.noContent().build();
  }
}
