package dev.whetstone.gateway.training;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.http.EventStream;
import dev.whetstone.gateway.http.ObjectMapperConfig;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.security.Role;
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
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Training runs: started, listed, watched, cancelled. */
@Path("/training/runs")
@RolesAllowed({Role.TRAINER_ROLE, Role.OPERATOR_ROLE})
@Produces(MediaType.APPLICATION_JSON)
public class TrainingResource {
  private static final int LONGEST_CONFIG = 4_000;
  private static final int LONGEST_REASON = 500;
  private static final int STEPS_AT_ONCE = 500;
  private static final Duration LOOK = Duration.ofMillis(300);
  private static final int LOOKS_BETWEEN_BEATS = 50;

  /** Each watcher asks the database a few times a second. */
  private static final Semaphore WATCHERS = new Semaphore(64);

  @Inject GatewayState serving;
  @Inject SecurityIdentity identity;
  @Inject ObjectMapper mapper;

  /**
   * What to train with.
   *
   * @param config settings that differ from the trainer's, by TRL's names; the trainer checks them
   */
  public record Request(
      @Schema(implementation = Map.class) @Nullable JsonNode config,
      @Schema(maxLength = LONGEST_REASON) @Nullable String reason) {}

  /** A page, newest first; {@code next} is the cursor of the one after it, or null. */
  public record Page(List<RunView> items, @Nullable String next) {}

  /** What a run reported after a step. */
  public record Step(
      int step, Instant at, @Schema(implementation = Map.class) @JsonRawValue String metrics) {}

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Starts a run, or names the one that is active")
  @APIResponse(
      responseCode = "202",
      description = "The run is queued",
      content = @Content(schema = @Schema(implementation = RunView.class)))
  @APIResponse(
      responseCode = "200",
      description = "This run was active already",
      content = @Content(schema = @Schema(implementation = RunView.class)))
  public Response start(Request asked) {
    TrainingRunStore.Request answer =
        runs().request(RunTrigger.CALL, config(asked), by(asked.reason()));
    return Response.status(answer.fresh() ? 202 : 200).entity(RunView.of(answer.run())).build();
  }

  private static String config(Request asked) {
    JsonNode config = asked.config();
    if (config == null || config.isNull()) {
      return "{}";
    }
    if (!config.isObject()
        || config.toString().length() > LONGEST_CONFIG
        || !ObjectMapperConfig.wellFormed(config)) {
      throw ProblemException.badField(
          "config",
          "invalid_field",
          "config must be an object of at most "
              + LONGEST_CONFIG
              + " characters, none of them U+0000 or a lone surrogate");
    }
    return config.toString();
  }

  private ChangeContext by(@Nullable String reason) {
    if (reason != null && reason.length() > LONGEST_REASON) {
      throw ProblemException.badField(
          "reason", "invalid_field", "reason has at most " + LONGEST_REASON + " characters");
    }
    return new ChangeContext(identity.getPrincipal().getName(), reason);
  }

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists runs, newest first")
  public Page list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    int most = Paging.limit(limit);
    Long before = cursor == null ? null : Long.valueOf(Paging.number("cursor", cursor));
    List<TrainingRun> rows = runs().page(before, most + 1);
    List<TrainingRun> page = rows.subList(0, Math.min(most, rows.size()));
    return new Page(
        page.stream().map(RunView::of).toList(),
        rows.size() > most ? Long.toString(page.getLast().seq()) : null);
  }

  @GET
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "One run")
  public RunView get(@PathParam("id") String id) {
    return RunView.of(run(id));
  }

  @DELETE
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Asks a run to end; one that has ended stays as it is")
  public RunView cancel(@PathParam("id") String id) {
    return RunView.of(runs().cancel(id, by("it was cancelled")).orElseThrow(() -> unknown(id)));
  }

  @GET
  @Path("{id}/events")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RunOnVirtualThread
  @Operation(summary = "Follows a run: step events, and done with the run when it has ended")
  public Response events(@PathParam("id") String id, @Context RoutingContext http) {
    run(id);
    if (!WATCHERS.tryAcquire()) {
      throw ProblemException.retryLater(429, "too_many_watchers", "too many runs are watched", 5);
    }
    http.addEndHandler(ended -> WATCHERS.release());
    TrainingRunStore runs = runs();
    StreamingOutput body = out -> follow(runs, id, out);
    return Response.ok(body)
        .type(MediaType.SERVER_SENT_EVENTS)
        .header("Cache-Control", "no-cache")
        .build();
  }

  private void follow(TrainingRunStore runs, String id, OutputStream out) throws IOException {
    int last = 0;
    for (int look = 0; ; look++) {
      // read before its steps, so that none reported until its end is missed
      TrainingRun run = runs.find(id).orElseThrow(() -> unknown(id));
      List<RunProgress> steps = runs.progressAfter(id, last, STEPS_AT_ONCE);
      for (RunProgress step : steps) {
        EventStream.event(out, mapper, "step", new Step(step.step(), step.at(), step.metrics()));
        last = step.step();
      }
      if (!run.status().active() && steps.size() < STEPS_AT_ONCE) {
        EventStream.event(out, mapper, "done", RunView.of(run));
        return;
      }
      if (look % LOOKS_BETWEEN_BEATS == 0) {
        // a comment: finds out about clients that have gone
        out.write(": waiting\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(LOOK);
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
