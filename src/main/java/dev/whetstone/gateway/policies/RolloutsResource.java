package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.rollout.RolloutMode;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Opens, lists and cancels rollouts, each of which tests a candidate before promotion. */
@Path("/rollouts")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class RolloutsResource {
  private final RolloutService rollouts;
  private final SecurityIdentity identity;

  @Inject
  RolloutsResource(RolloutService rollouts, SecurityIdentity identity) {
    this.rollouts = rollouts;
    this.identity = identity;
  }

  /**
   * A version to roll out.
   *
   * @param share fraction of pairs with one side from it during the duel, in (0, 1]
   * @param mode duel, automatic or manual
   */
  public record Request(
      @Schema(required = true) @Nullable String policy,
      @Nullable Double share,
      @Schema(enumeration = {"duel", "automatic", "manual"}) @Nullable String mode,
      @Schema(maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {
    private RolloutService.Opening parse() {
      if (share != null && !(share > 0 && share <= 1)) {
        throw ProblemException.invalidField("share", "share must be in (0, 1]");
      }
      String label = mode;
      RolloutMode known = label == null ? null : Fields.checked(() -> RolloutMode.of(label));
      return new RolloutService.Opening(Fields.present("policy", policy), share, known);
    }
  }

  /** A page, newest first; {@code next} is the cursor of the following page, or null. */
  public record Page(List<RolloutView> items, @Nullable String next) {}

  @GET
  @RunOnVirtualThread
  @Operation(
      summary = "Lists rollouts, newest first",
      description = "The first page begins with the candidates that wait, whatever its limit.")
  public Page list(
      @QueryParam("limit") @DefaultValue("20") String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var page = rollouts.page(Paging.limit(limit), cursor);
    return new Page(page.rows(), page.next());
  }

  @GET
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Returns one rollout with its gate, duel and decisions")
  public RolloutView get(@PathParam("id") String id) {
    return rollouts.get(id);
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Starts a rollout: the gate, then what the mode requires")
  @APIResponse(
      responseCode = "201",
      description = "The gate measures the version",
      content = @Content(schema = @Schema(implementation = RolloutView.class)))
  @APIResponse(responseCode = "404", description = "there is no such policy")
  @APIResponse(
      responseCode = "409",
      description = "another rollout is active, or this version is the champion")
  public Response open(@HeaderParam("Idempotency-Key") @Nullable String key, Request request) {
    return rollouts.open(key, request.parse(), changeContext(request.reason()));
  }

  @DELETE
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Cancels a rollout and holds its version; no change if it has ended")
  public RolloutView cancel(
      @PathParam("id") String id, @QueryParam("reason") @Nullable String reason) {
    return rollouts.cancel(id, changeContext(reason));
  }

  private ChangeContext changeContext(@Nullable String reason) {
    return new ChangeContext(identity.getPrincipal().getName(), Fields.reason(reason));
  }
}
