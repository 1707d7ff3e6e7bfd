package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Erases the stored data of users. */
@Path("/users")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class UsersResource {
  @Inject UserErasure erasure;
  @Inject SecurityIdentity identity;

  /** A user; {@code key} is the id of the key whose user it is, null for every key. */
  public record Request(
      @Schema(required = true, maxLength = 200) @Nullable String user, @Nullable String key) {}

  @DELETE
  @Path("{user}/data")
  @RunOnVirtualThread
  @Operation(
      summary = "Erases a user's prompts, completions and votes; lists versions trained on them")
  public UserErasure.Report erase(
      @PathParam("user") String user,
      @QueryParam("key")
          @Parameter(
              description = "id of the key whose user it is; without it, of every key",
              schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
          @Nullable String key) {
    return erasure.erase(
        Parameters.required("user", user),
        Parameters.text("key", key),
        identity.getPrincipal().getName());
  }

  @DELETE
  @Path("data")
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Erases a user's data; the name is in the body",
      description = "For names that a path cannot hold, such as a dot.")
  public UserErasure.Report erase(Request request) {
    return erasure.erase(
        Parameters.present("user", request.user()),
        Parameters.text("key", request.key()),
        identity.getPrincipal().getName());
  }
}
