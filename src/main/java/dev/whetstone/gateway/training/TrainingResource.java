package dev.whetstone.gateway.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.gateway.http.JsonLines;
import dev.whetstone.gateway.http.ObjectMapperConfig;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.security.Role;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.training.RunTrigger;
import dev.whetstone.training.TrainingRun;
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
import jakarta.ws.rs.core.StreamingOutput;
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

  private final GatewayState serving;
  private final SecurityIdentity identity;
  private final ObjectMapper mapper;
  private final RunEvents events;

  @Inject
  TrainingResource(
      GatewayState serving, SecurityIdentity identity, ObjectMapper mapper, RunEvents events) {
    this.serving = serving;
    this.identity = identity;
    this.mapper = mapper;
    this.events = events;
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
      @Schema(maxLength = Parameters.MAX_REASON_LENGTH) @Nullable String reason) {}

  /** A page, newest first; {@code next} is the cursor of the following page, or null. */
  public record Page(List<RunView> items, @Nullable String next) {}

  /** A line of a run's pairs. */
  record FrozenPair(
      String preferenceId,
      String part,
      double weight,
      int[] promptIds,
      int[] chosenIds,
      int[] rejectedIds) {
    static FrozenPair of(TrainingVote vote) {
      return new FrozenPair(
          vote.preferenceId(),
          EnumNames.of(vote.part()),
          vote.weight(),
          vote.prompt(),
          vote.chosen(),
          vote.rejected());
    }
  }

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
      description = "from_base is true, and another run has begun: cancel it, or let it end")
  public Response start(Request request) {
    boolean fromBase = Boolean.TRUE.equals(request.fromBase());
    TrainingRunStore.Request requested =
        runs().request(RunTrigger.CALL, config(request), fromBase, changeContext(request.reason()));
    if (fromBase && !requested.run().fromBase()) {
      throw ProblemException.of(
          409,
          "run_active",
          "run %s has begun, and may not begin with the base: cancel it, or ask again at its end"
              .formatted(requested.run().id()));
    }
    return Response.status(requested.created() ? 202 : 200)
        .entity(RunView.of(requested.run()))
        .build();
  }

  private static String config(Request request) {
    JsonNode config = request.config();
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

  private ChangeContext changeContext(@Nullable String reason) {
    return new ChangeContext(identity.getPrincipal().getName(), Parameters.reason(reason));
  }

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists runs, newest first")
  public Page list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    long before = Paging.before(cursor);
    var page =
        Paging.read(
            Paging.limit(limit),
            size -> runs().page(before, size),
            run -> Long.toString(run.seq()));
    return new Page(page.rows().stream().map(RunView::of).toList(), page.next());
  }

  @GET
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Returns one run")
  public RunView get(@PathParam("id") String id) {
    return RunView.of(run(id));
  }

  @DELETE
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(
      summary = "Cancels a run: a running one after its current step; no change if it has ended")
  public RunView cancel(@PathParam("id") String id) {
    return RunView.of(
        runs().cancel(id, changeContext("it was cancelled")).orElseThrow(() -> unknown(id)));
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
  public Response pairs(@PathParam("id") String id) {
    run(id);
    List<TrainingVote> votes = new TrainingVotes(runs().database(), runs().baseHash()).ofRun(id);
    StreamingOutput body =
        out -> {
          for (TrainingVote vote : votes) {
            out.write(mapper.writeValueAsBytes(FrozenPair.of(vote)));
            out.write('\n');
          }
        };
    return Response.ok(body).type(JsonLines.MEDIA_TYPE).build();
  }

  @GET
  @Path("{id}/events")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RunOnVirtualThread
  @Operation(
      summary = "Follows a run: step events, then a done event with the run when it has ended")
  public Response events(@PathParam("id") String id, @Context RoutingContext http) {
    return events.follow(runs(), run(id), http);
  }

  private TrainingRun run(String id) {
    return runs().find(id).orElseThrow(() -> unknown(id));
  }

  private static ProblemException unknown(String id) {
    return ProblemException.of(404, "unknown_run", "there is no training run '" + id + "'");
  }

  private TrainingRunStore runs() {
    return serving.model().runs();
  }
}
