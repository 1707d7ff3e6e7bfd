package dev.whetstone.gateway.generate;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Computes a kept answer or pair again, and tells whether it is the same. */
@Path("/answers/{id}/replay")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class ReplayResource {
  private final ReplayService replays;

  @Inject
  ReplayResource(ReplayService replays) {
    this.replays = replays;
  }

  /**
   * The first token that differs; an id and text are missing where one of them had ended.
   *
   * @param index its place in the answer, from 0
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record FirstDifference(
      int index,
      @Nullable Integer keptId,
      @Nullable String kept,
      @Nullable Integer replayedId,
      @Nullable String replayed) {}

  /**
   * An answer, then and now.
   *
   * @param side a or b of a pair
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record ReplayedAnswer(
      @Nullable String side,
      String policy,
      boolean same,
      String text,
      String replayed,
      @Nullable FirstDifference firstDifference) {}

  /**
   * A kept answer or pair, computed again.
   *
   * @param same whether every token is
   * @param reasons why it may differ; empty when it does not
   */
  public record Replay(
      String id,
      Instant createdAt,
      boolean same,
      List<String> reasons,
      List<ReplayedAnswer> answers) {}

  @POST
  @RunOnVirtualThread
  @Operation(
      summary = "Computes a kept answer or pair again from its version, prompt, settings and seed",
      description = "Nothing of it is kept, and no duel counts it.")
  @APIResponse(responseCode = "200", description = "the same tokens, or the first that differs")
  @APIResponse(responseCode = "404", description = "no such answer is kept")
  @APIResponse(responseCode = "409", description = "it cannot be computed again here")
  public Replay replay(@PathParam("id") String id, @Context RoutingContext http) {
    return replays.replay(Parameters.required("id", id), http);
  }
}
