package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.JsonBodyReader;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.security.Role;
import dev.whetstone.serving.PolicyRouter;
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
import java.sql.Connection;
import java.sql.SQLException;
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
  public record Promotion(
      @Schema(maxLength = ChampionService.MAX_REASON_LENGTH) @Nullable String reason) {}

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
    return champions.run(
        key,
        "promote\n" + version,
        request.reason() == null ? null : ChampionService.requireReason(request.reason()),
        new ChampionService.Change() {
          @Override
          public void prepare(PolicyRouter policies, Aliases now) {
            PolicyRecord row = policies.store().require(now.resolve(version));
            if (!row.version().equals(now.champion())) {
              policies.verify(row);
            }
          }

          @Override
          public AliasStore.AliasChange apply(
              PolicyRouter policies, Connection connection, Aliases seen, ChangeContext by)
              throws SQLException {
            AliasStore aliases = policies.aliases();
            aliases.lock(connection);
            if (aliases.rolledBackSince(connection, seen.revision())) {
              throw ProblemException.of(
                  409, "rolled_back_meanwhile", "a rollback was made while this was prepared");
            }
            return aliases.promote(connection, seen.resolve(version), by);
          }
        });
  }
}
