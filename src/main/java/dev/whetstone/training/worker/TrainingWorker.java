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
 * Starts runs and does them, one after the other: when enough new votes are in, when the schedule
 * says so, when someone asked, and again when a trainer was lost over one. Of several trainers the
 * one that holds the lock works.
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

  /** Does nothing until {@link #start}. */
  public TrainingWorker(
      TrainingRunStore runs,
      TrainingVotes votes,
      TrainingRunExecutor work,
      TrainerConfig config,
      InstantSource clock,
      String baseHash) {
    this.runs = runs;
    this.votes = votes;
    this.executor = work;
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

  /** Looks for work from now on, by notification and by polling. */
  public void start(Notifications notifications) {
    loop.start(notifications, TrainingRunStore.CHANNEL);
  }

  /** Whether this trainer is the one that works. */
  public boolean leads() {
    return loop.leads();
  }

  private boolean step() {
    Optional<TrainingRun> active = runs.active();
    if (active.isEmpty()) {
      active = dueTrigger().map(why -> runs.request(why, "{}", SELF).run());
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
          new ChangeContext(
              "trainer", "the trainer was lost over it " + config.attempts() + " times"));
    } else {
      executor.run(run, loop::closed);
    }
    return true;
  }

  /** Whether a run should start by itself, and why. */
  private Optional<RunTrigger> dueTrigger() {
    int fresh = votes.countAfter(runs.newestVote());
    if (config.votes() > 0 && fresh >= config.votes()) {
      return Optional.of(RunTrigger.VOTES);
    }
    Instant last = runs.newestRequestTime().orElse(Instant.EPOCH);
    boolean time =
        config.schedule().isPresent()
            && fresh > 0
            && !clock.instant().isBefore(last.plus(config.schedule().get()));
    return time ? Optional.of(RunTrigger.SCHEDULE) : Optional.empty();
  }

  /** Ends after the step being done; an unfinished run is taken up again by the next trainer. */
  @Override
  public void close() {
    loop.close();
    loop.join(CLOSE_TIMEOUT);
  }
}
