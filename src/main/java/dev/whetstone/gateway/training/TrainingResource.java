package dev.whetstone.gateway.training;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.gateway.http.EventWriter;
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
import dev.whetstone.training.RunProgress;
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
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
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
  private static final int MAX_STEPS_PER_POLL = 500;
  private static final Duration POLL_INTERVAL = Duration.ofMillis(300);
  private static final int POLLS_PER_KEEPALIVE = 50;

  /** Bounds the clients that follow runs: each one polls the database a few times a second. */
  private static final Semaphore WATCHERS = new Semaphore(64);

  @Inject GatewayState serving;
  @Inject SecurityIdentity identity;
  @Inject ObjectMapper mapper;

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

  /** A run's metrics after a step. */
  public record Step(
      int step, Instant at, @Schema(implementation = Map.class) @JsonRawValue String metrics) {}

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
    int pageSize = Paging.limit(limit);
    Long before = cursor == null ? null : Long.valueOf(Paging.number("cursor", cursor));
    List<TrainingRun> rows = runs().page(before, pageSize + 1);
    List<TrainingRun> page = rows.subList(0, Math.min(pageSize, rows.size()));
    return new Page(
        page.stream().map(RunView::of).toList(),
        rows.size() > pageSize ? Long.toString(page.getLast().seq()) : null);
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
    run(id);
    if (!WATCHERS.tryAcquire()) {
      throw ProblemException.retryLater(
          429, "too_many_watchers", "too many clients follow training runs; try again later", 5);
    }
    http.addEndHandler(ended -> WATCHERS.release());
    TrainingRunStore runs = runs();
    StreamingOutput body = out -> follow(runs, id, new EventWriter(out, mapper));
    return Response.ok(body)
        .type(MediaType.SERVER_SENT_EVENTS)
        .header("Cache-Control", "no-cache")
        .build();
  }

  private void follow(TrainingRunStore runs, String id, EventWriter out) throws IOException {
    int last = 0;
    for (int poll = 0; ; poll++) {
      // Read the run before its steps, so that no step before its end is missed.
      TrainingRun run = runs.find(id).orElseThrow(() -> unknown(id));
      List<RunProgress> steps = runs.progressAfter(id, last, MAX_STEPS_PER_POLL);
      for (RunProgress step : steps) {
        out.event("step", new Step(step.step(), step.at(), step.metrics()));
        last = step.step();
      }
      if (!run.status().active() && steps.size() < MAX_STEPS_PER_POLL) {
        out.event("done", RunView.of(run));
        return;
      }
      if (poll % POLLS_PER_KEEPALIVE == 0) {
        // The write fails if the client has disconnected.
        out.comment();
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL_INTERVAL);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", stopped);
    }
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
