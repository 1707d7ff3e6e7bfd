package dev.whetstone.training.worker;

import dev.whetstone.database.LeaderLoop;
import dev.whetstone.database.Notifications;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.RunTrigger;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Starts runs and executes them one after the other: when there are enough new votes, when the
 * schedule says so, on request, and again after a trainer crashed. Of several trainers only the one
 * that holds the advisory lock works.
 */
public final class TrainingWorker implements AutoCloseable {
  private static final ChangeContext SELF = new ChangeContext("trainer", null);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

  private final TrainingRunStore runs;
  private final TrainingVotes votes;
  private final TrainingRunExecutor executor;
  private final TrainerConfig config;
  private final InstantSource clock;
  private final LeaderLoop loop;

  /** Creates the worker; nothing runs until {@link #start}. */
  public TrainingWorker(
      TrainingRunStore runs,
      TrainingVotes votes,
      TrainingRunExecutor executor,
      TrainerConfig config,
      InstantSource clock,
      String baseHash) {
    this.runs = runs;
    this.votes = votes;
    this.executor = executor;
    this.config = config;
    this.clock = clock;
    this.loop =
        new LeaderLoop(
            runs.database(),
            "trainer." + baseHash,
            config.poll(),
            Thread.ofPlatform().name("whetstone-trainer"),
            this::step);
  }

  /** Starts looking for work, by notification and by polling. */
  public void start(Notifications notifications) {
    loop.start(notifications, TrainingRunStore.CHANNEL);
  }

  /** Whether this trainer holds the lock. */
  public boolean leads() {
    return loop.isLeader();
  }

  private boolean step() {
    Optional<TrainingRun> active = runs.active();
    if (active.isEmpty()) {
      active = dueTrigger().map(trigger -> runs.request(trigger, "{}", SELF).run());
    }
    if (active.isEmpty()) {
      return false;
    }
    TrainingRun run = runs.begin(active.get().id());
    if (run.cancelRequested()) {
      runs.finish(run.id(), RunStatus.CANCELLED, new ChangeContext("trainer", "it was cancelled"));
    } else if (run.attempts() > config.attempts()) {
      runs.finish(
          run.id(),
          RunStatus.FAILED,
          new ChangeContext("trainer", "its trainer was lost " + config.attempts() + " times"));
    } else {
      executor.run(run, loop::isClosed);
    }
    return true;
  }

  /** Why a run should start without a request; empty if none should. */
  private Optional<RunTrigger> dueTrigger() {
    int newVotes = votes.countAfter(runs.newestVote());
    if (config.votes() > 0 && newVotes >= config.votes()) {
      return Optional.of(RunTrigger.VOTES);
    }
    Instant last = runs.newestRequestTime().orElse(Instant.EPOCH);
    boolean scheduled =
        config.schedule().isPresent()
            && newVotes > 0
            && !clock.instant().isBefore(last.plus(config.schedule().get()));
    return scheduled ? Optional.of(RunTrigger.SCHEDULE) : Optional.empty();
  }

  /** Stops after the current step; the next trainer resumes an unfinished run. */
  @Override
  public void close() {
    loop.close();
    loop.join(CLOSE_TIMEOUT);
  }
}
