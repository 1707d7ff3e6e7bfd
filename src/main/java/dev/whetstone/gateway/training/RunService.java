package dev.whetstone.gateway.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.training.RunTrigger;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests, finds, follows and cancels training runs of the served model. */
@Singleton
final class RunService {
  private final GatewayState serving;
  private final ObjectMapper mapper;
  private final RunEvents events;

  @Inject
  RunService(GatewayState serving, ObjectMapper mapper, RunEvents events) {
    this.serving = serving;
    this.mapper = mapper;
    this.events = events;
  }

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

  /**
   * Requests a run, or finds the active one.
   *
   * @param config overrides of the trainer's settings, a JSON object
   * @throws ProblemException 409 when the active run begins otherwise, or has other settings than
   *     those that are asked for
   */
  TrainingRunStore.Request start(String config, boolean fromBase, ChangeContext by) {
    TrainingRunStore.Request requested = runs().request(RunTrigger.CALL, config, fromBase, by);
    if (fromBase && !requested.run().fromBase()) {
      throw ProblemException.of(
          409,
          "run_active",
          "run %s has begun, and may not begin with the base: cancel it, or ask again at its end"
              .formatted(requested.run().id()));
    }
    if (!requested.created() && !config.equals("{}") && !has(requested.run(), config)) {
      throw ProblemException.of(
          409,
          "run_active",
          "run %s is active with other settings: cancel it, or ask again at its end"
              .formatted(requested.run().id()));
    }
    return requested;
  }

  private boolean has(TrainingRun run, String config) {
    try {
      return mapper.readTree(run.config()).equals(mapper.readTree(config));
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Runs, newest first. */
  Paging.Slice<TrainingRun> page(int limit, @Nullable String cursor) {
    long before = Paging.before(cursor);
    TrainingRunStore runs = runs();
    return Paging.read(limit, size -> runs.page(before, size), run -> Long.toString(run.seq()));
  }

  /**
   * One run.
   *
   * @throws ProblemException 404 when there is none with this id
   */
  TrainingRun get(String id) {
    return runs().find(id).orElseThrow(() -> unknown(id));
  }

  /** Cancels a run, a running one after its current step; no change if it has ended. */
  TrainingRun cancel(String id, ChangeContext by) {
    return runs().cancel(id, by).orElseThrow(() -> unknown(id));
  }

  /** What a run was frozen on, one pair a line, oldest first. */
  StreamingOutput pairs(String id) {
    TrainingRun run = get(id);
    List<TrainingVote> votes =
        new TrainingVotes(runs().database(), runs().baseHash()).ofRun(run.id());
    return out -> {
      for (TrainingVote vote : votes) {
        out.write(mapper.writeValueAsBytes(FrozenPair.of(vote)));
        out.write('\n');
      }
    };
  }

  /** Step events, then a done event with the run when it has ended. */
  Response follow(String id, RoutingContext http) {
    return events.follow(runs(), get(id), http);
  }

  private static ProblemException unknown(String id) {
    return ProblemException.of(404, "unknown_run", "there is no training run '" + id + "'");
  }

  private TrainingRunStore runs() {
    return serving.model().runs();
  }
}
