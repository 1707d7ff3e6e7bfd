package dev.whetstone.gateway.policies;

import dev.whetstone.gateway.http.IdempotencyService;
import dev.whetstone.gateway.http.IdempotencyService.Result;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.Rollout;
import dev.whetstone.rollout.RolloutMode;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.WaitingCandidate;
import dev.whetstone.security.Role;
import dev.whetstone.serving.PolicyRouter;
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
import java.util.Optional;
import java.util.stream.Stream;
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
  private final GatewayState serving;
  private final SecurityIdentity identity;
  private final IdempotencyService idempotency;

  @Inject
  RolloutsResource(
      GatewayState serving, SecurityIdentity identity, IdempotencyService idempotency) {
    this.serving = serving;
    this.identity = identity;
    this.idempotency = idempotency;
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
      @Schema(maxLength = Parameters.MAX_REASON_LENGTH) @Nullable String reason) {}

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
    long before = Paging.before(cursor);
    Rollouts rollouts = rollouts();
    var page =
        Paging.read(
            Paging.limit(limit),
            size -> rollouts.store().page(before, size),
            rollout -> Long.toString(rollout.seq()));
    Stream<RolloutView> queued =
        cursor == null
            ? rollouts.waiting().stream()
                .map(waiting -> RolloutView.queued(waiting, rollouts.config()))
            : Stream.of();
    return new Page(
        Stream.concat(queued, page.rows().stream().map(row -> RolloutView.of(row, rollouts)))
            .toList(),
        page.next());
  }

  @GET
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Returns one rollout with its gate, duel and decisions")
  public RolloutView get(@PathParam("id") String id) {
    return waiting(id)
        .map(waiting -> RolloutView.queued(waiting, rollouts().config()))
        .orElseGet(() -> RolloutView.of(rollout(id), rollouts()));
  }

  private Optional<WaitingCandidate> waiting(String id) {
    return rollouts().waiting().stream()
        .filter(waiting -> waiting.candidate().rolloutId().equals(id))
        .findFirst();
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
    Rollouts rollouts = rollouts();
    double share = request.share() == null ? rollouts.config().duel().share() : request.share();
    if (!(share > 0 && share <= 1)) {
      throw ProblemException.invalidField("share", "share must be in (0, 1]");
    }
    RolloutMode mode = mode(request.mode(), rollouts);
    ChangeContext by = changeContext(request.reason());
    String policy = Parameters.present("policy", request.policy());
    PolicyRouter policies = serving.model().policies();
    return idempotency.run(
        policies.store().database(),
        by.actor(),
        key,
        "rollout\n%s\n%s\n%s\n%s".formatted(policy, mode, share, by.reason()),
        connection -> {
          PolicyRecord candidate =
              policies
                  .store()
                  .require(connection, policies.aliases().read(connection).resolve(policy));
          return rollouts
              .open(connection, candidate, mode, share, by)
              .map(rollout -> new Result(201, RolloutView.opened(rollout, rollouts, by)))
              .orElseThrow(
                  () ->
                      ProblemException.of(
                          409,
                          "rollout_refused",
                          "another rollout is active, or this version is the champion"));
        });
  }

  private static RolloutMode mode(@Nullable String label, Rollouts rollouts) {
    try {
      return label == null ? rollouts.config().mode() : RolloutMode.of(label);
    } catch (IllegalArgumentException unknown) {
      throw ProblemException.invalidField("mode", String.valueOf(unknown.getMessage()));
    }
  }

  @DELETE
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Cancels a rollout and holds its version; no change if it has ended")
  public RolloutView cancel(
      @PathParam("id") String id, @QueryParam("reason") @Nullable String reason) {
    ChangeContext by = changeContext(reason);
    boolean waited = waiting(id).map(waiting -> rollouts().cancel(waiting, by)).orElse(false);
    if (!waited) {
      rollouts().cancel(rollout(id), by);
    }
    return get(id);
  }

  private ChangeContext changeContext(@Nullable String reason) {
    return new ChangeContext(identity.getPrincipal().getName(), Parameters.reason(reason));
  }

  private Rollout rollout(String id) {
    return rollouts()
        .store()
        .find(id)
        .orElseThrow(
            () -> ProblemException.of(404, "unknown_rollout", "there is no rollout '" + id + "'"));
  }

  private Rollouts rollouts() {
    return serving.model().rollouts();
  }
}
