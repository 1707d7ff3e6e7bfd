package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.JsonBodyReader;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Makes a version the champion. */
@Path("/policies/{version}/promote")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class PromotionResource {
  private final JsonBodyReader bodies;
  private final ChampionService champions;

  @Inject
  PromotionResource(JsonBodyReader bodies, ChampionService champions) {
    this.bodies = bodies;
    this.champions = champions;
  }

  /** The reason for a promotion; the body is optional. */
  public record Promotion(@Schema(maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {
    private @Nullable String checkedReason() {
      return reason == null ? null : Fields.requiredReason(reason);
    }
  }

  @POST
  @Consumes(MediaType.WILDCARD)
  @RunOnVirtualThread
  @Operation(summary = "Makes a version the champion; no change if it is the champion already")
  @RequestBody(content = @Content(schema = @Schema(implementation = Promotion.class)))
  @APIResponse(
      responseCode = "200",
      description = "The champion",
      content = @Content(schema = @Schema(implementation = PolicyView.class)))
  public Response promote(
      @PathParam("version") String version,
      @HeaderParam("Idempotency-Key") @Nullable String key,
      InputStream body)
      throws IOException {
    Promotion request = bodies.optional(body, Promotion.class, new Promotion(null));
    return champions.promote(key, version, request.checkedReason());
  }
}
