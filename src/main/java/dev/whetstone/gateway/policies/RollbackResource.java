package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Rolls the champion back. */
@Path("/rollback")
@RolesAllowed(Role.OPERATOR_ROLE)
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class RollbackResource {
  private final ChampionService champions;

  @Inject
  RollbackResource(ChampionService champions) {
    this.champions = champions;
  }

  /** The version to roll back to, by default the previous champion, and the reason. */
  public record Rollback(
      @Schema(description = "version, hash or alias; the previous champion by default")
          @Nullable String to,
      @Schema(required = true, maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {}

  @POST
  @RunOnVirtualThread
  @Operation(summary = "Rolls back to the previous champion or to any other version")
  @APIResponse(
      responseCode = "200",
      description = "The champion",
      content = @Content(schema = @Schema(implementation = PolicyView.class)))
  public Response rollBack(@HeaderParam("Idempotency-Key") @Nullable String key, Rollback request) {
    return champions.rollBack(key, request.to(), Fields.requiredReason(request.reason()));
  }
}
