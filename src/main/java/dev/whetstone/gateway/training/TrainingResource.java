package dev.whetstone.gateway.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.gateway.http.ExportLimit;
import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.JsonLines;
import dev.whetstone.gateway.http.ObjectMapperConfig;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.security.Role;
import dev.whetstone.training.TrainingRunStore;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Starts, lists, follows and cancels training runs. */
@Path("/training/runs")
@RolesAllowed({Role.TRAINER_ROLE, Role.OPERATOR_ROLE})
@Produces(MediaType.APPLICATION_JSON)
public class TrainingResource {
  private static final int MAX_CONFIG_LENGTH = 4_000;

  private final RunService runs;
  private final SecurityIdentity identity;
  private final ExportLimit exports;

  @Inject
  TrainingResource(RunService runs, SecurityIdentity identity, ExportLimit exports) {
    this.runs = runs;
    this.identity = identity;
    this.exports = exports;
  }

  /**
   * A run to start.
   *
   * @param config overrides of the trainer's settings, by TRL's names; the trainer checks them
   * @param fromBase true: the run begins with the base, however many pairs that leaves out
   */
  public record Request(
      @Schema(implementation = Map.class) @Nullable JsonNode config,
      @Schema(
              description =
                  "true: begin with the base, never with the champion. After an erasure, what it"
                      + " makes has learned from the pool without the erased votes alone")
          @Nullable Boolean fromBase,
      @Schema(maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {
    private String parsedConfig() {
      if (config == null || config.isNull()) {
        return "{}";
      }
      if (!config.isObject()
          || config.toString().length() > MAX_CONFIG_LENGTH
          || !ObjectMapperConfig.wellFormed(config)) {
        throw ProblemException.invalidField(
            "config",
            "config must be an object of at most "
                + MAX_CONFIG_LENGTH
                + " characters, none of them U+0000 or a lone surrogate");
      }
      try {
        TrainConfigFile.read(config.toString(), TrainConfig.plain());
      } catch (IllegalArgumentException wrong) {
        throw ProblemException.invalidField("config", String.valueOf(wrong.getMessage()));
      }
      return config.toString();
    }
  }

  /** A page, newest first; {@code next} is the cursor of the following page, or null. */
  public record Page(List<RunView> items, @Nullable String next) {}

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Starts a run, or returns the active one")
  @APIResponse(
      responseCode = "202",
      description = "The run is queued",
      content = @Content(schema = @Schema(implementation = RunView.class)))
  @APIResponse(
      responseCode = "200",
      description = "This run is active already",
      content = @Content(schema = @Schema(implementation = RunView.class)))
  @APIResponse(
      responseCode = "409",
      description =
          "another run is active, with other settings or not from the base: cancel it, or let it"
              + " end")
  public Response start(Request request) {
    TrainingRunStore.Request requested =
        runs.start(
            request.parsedConfig(),
            Boolean.TRUE.equals(request.fromBase()),
            changeContext(request.reason()));
    return Response.status(requested.created() ? 202 : 200)
        .entity(RunView.of(requested.run()))
        .build();
  }

  private ChangeContext changeContext(@Nullable String reason) {
    return new ChangeContext(identity.getPrincipal().getName(), Fields.reason(reason));
  }

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists runs, newest first")
  public Page list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    var page = runs.page(Paging.limit(limit), cursor);
    return new Page(page.rows().stream().map(RunView::of).toList(), page.next());
  }

  @GET
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Returns one run")
  public RunView get(@PathParam("id") String id) {
    return RunView.of(runs.get(id));
  }

  @DELETE
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(
      summary = "Cancels a run: a running one after its current step; no change if it has ended")
  public RunView cancel(@PathParam("id") String id, @QueryParam("reason") @Nullable String reason) {
    return RunView.of(runs.cancel(id, changeContext(reason == null ? "it was cancelled" : reason)));
  }

  @GET
  @Path("{id}/pairs")
  @Produces(JsonLines.MEDIA_TYPE)
  @RunOnVirtualThread
  @Operation(
      summary = "Downloads what a run was frozen on, one pair a line",
      description =
          "Each line has preference_id, part (train or select), weight, prompt_ids, chosen_ids and"
              + " rejected_ids, oldest first. Votes that were erased since are left out.")
  @APIResponse(
      responseCode = "200",
      description = "the pairs",
      content =
          @Content(mediaType = JsonLines.MEDIA_TYPE, schema = @Schema(type = SchemaType.STRING)))
  public Response pairs(@PathParam("id") String id, @Context RoutingContext http) {
    return exports.stream(() -> runs.pairs(id), http);
  }

  @GET
  @Path("{id}/events")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RunOnVirtualThread
  @Operation(
      summary = "Follows a run: step events, then a done event with the run when it has ended")
  public Response events(@PathParam("id") String id, @Context RoutingContext http) {
    return runs.follow(id, http);
  }
}
