package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Erases the stored data of users. */
@Path("/users")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class UsersResource {
  @Inject UserErasure erasure;
  @Inject SecurityIdentity identity;

  @DELETE
  @Path("{user}/data")
  @RunOnVirtualThread
  @Operation(
      summary = "Erases a user's prompts, completions and votes; lists versions trained on them")
  public UserErasure.Report erase(@PathParam("user") String user) {
    return erasure.erase(Parameters.required("user", user), identity.getPrincipal().getName());
  }
}
