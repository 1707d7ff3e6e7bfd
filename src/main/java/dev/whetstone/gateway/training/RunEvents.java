package dev.whetstone.gateway.training;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.gateway.http.EventStreams;
import dev.whetstone.gateway.http.EventWriter;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.training.RunProgress;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jboss.logging.Logger;

/** Streams the steps of training runs to the clients that follow them. */
@Singleton
public final class RunEvents {
  private static final Logger LOG = Logger.getLogger(RunEvents.class);
  private static final int MAX_STEPS_PER_POLL = 500;
  private static final Duration POLL_INTERVAL = Duration.ofMillis(300);
  private static final int POLLS_PER_KEEPALIVE = 50;

  /** Bounds the clients that follow runs: each one polls the database a few times a second. */
  private final Semaphore watchers = new Semaphore(64);

  private final EventStreams streams;

  @Inject
  RunEvents(EventStreams streams) {
    this.streams = streams;
  }

  /** A run's metrics after a step. */
  public record Step(
      int step, Instant at, @Schema(implementation = Map.class) @JsonRawValue String metrics) {}

  /**
   * Follows a run: step events, then a done event with the run when it has ended.
   *
   * @throws ProblemException 429 when too many clients follow runs
   */
  Response follow(TrainingRunStore runs, TrainingRun run, RoutingContext http) {
    if (!watchers.tryAcquire()) {
      throw ProblemException.retryLater(
          429, "too_many_watchers", "too many clients follow training runs; try again later", 5);
    }
    http.addEndHandler(ended -> watchers.release());
    return streams.response(out -> follow(runs, run.id(), out));
  }

  private record Polled(TrainingRun run, List<RunProgress> steps) {
    boolean over() {
      return !run.status().active() && steps.size() < MAX_STEPS_PER_POLL;
    }
  }

  private void follow(TrainingRunStore runs, String id, EventWriter out) throws IOException {
    int last = 0;
    for (int poll = 0; ; poll++) {
      Optional<Polled> polled = poll(runs, id, last);
      for (RunProgress step : polled.map(Polled::steps).orElse(List.of())) {
        out.event("step", new Step(step.step(), step.at(), step.metrics()));
        last = step.step();
      }
      if (polled.isPresent() && polled.get().over()) {
        out.event("done", RunView.of(polled.get().run()));
        return;
      }
      if (poll % POLLS_PER_KEEPALIVE == 0) {
        // The write fails if the client has disconnected.
        out.comment();
      }
      pause();
    }
  }

  // A database that is away, busy or slow is asked again: the stream goes on when it is back.
  private static Optional<Polled> poll(TrainingRunStore runs, String id, int last) {
    try {
      // Read the run before its steps, so that no step before its end is missed.
      TrainingRun run = runs.find(id).orElseThrow();
      return Optional.of(
          new Polled(run, runs.reports().progressAfter(id, last, MAX_STEPS_PER_POLL)));
    } catch (DatabaseUnavailableException | DatabaseException failed) {
      LOG.debug("a run cannot be followed for a moment", failed);
      return Optional.empty();
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
}
