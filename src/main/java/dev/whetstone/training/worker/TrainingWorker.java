package dev.whetstone.training.worker;

import dev.whetstone.database.LeaderLoop;
import dev.whetstone.database.Notifications;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.training.LearningStore;
import dev.whetstone.training.Pool;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.RunTrigger;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Starts runs and executes them one after the other: when there are enough new votes, when the
 * schedule says so, on request, and again after a trainer crashed. Of several trainers only the one
 * that holds the advisory lock works.
 */
public final class TrainingWorker implements AutoCloseable {
  private static final ChangeContext SELF = new ChangeContext("trainer", null);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);

  private final TrainingRunStore runs;
  private final LearningStatus status;
  private final LearningStore learning;
  private final RunSchedule schedule;
  private final TrainingRunExecutor executor;
  private final TrainerConfig config;
  private final InstantSource clock;
  private final LeaderLoop loop;

  /** The run that this process took up last; it resumes it where the database was away. */
  private @Nullable String left;

  /** Creates the worker; nothing runs until {@link #start}. */
  public TrainingWorker(
      TrainingRunStore runs,
      TrainingVotes votes,
      TrainingRunExecutor executor,
      TrainerConfig config,
      InstantSource clock,
      String baseHash) {
    this.runs = runs;
    this.status = new LearningStatus(votes, runs);
    this.learning = new LearningStore(runs.database(), baseHash);
    this.schedule =
        new RunSchedule(config.quietHours(), config.maxRunsADay(), ZoneId.systemDefault());
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

  /** What this trainer knows of the pool and of ended runs. */
  public LearningStatus status() {
    return status;
  }

  /** Takes the next step, as the loop does; true when there was one. */
  boolean step() {
    Optional<TrainingRun> active = runs.active();
    if (active.isEmpty()) {
      active = dueTrigger().map(trigger -> runs.request(trigger, "{}", SELF).run());
    }
    if (active.isEmpty() || isHeld(active.get())) {
      return false;
    }
    String id = active.get().id();
    TrainingRun run = runs.begin(id, id.equals(left));
    left = id;
    if (run.cancelRequested()) {
      runs.finish(run.id(), RunStatus.CANCELLED, new ChangeContext("trainer", "it was cancelled"));
    } else if (run.lost() >= config.attempts()) {
      runs.finish(
          run.id(),
          RunStatus.FAILED,
          new ChangeContext("trainer", "its trainer was lost " + config.attempts() + " times"));
    } else {
      executor.run(run, loop::isClosed);
      if (loop.isClosed()) {
        runs.handBack(id);
      }
    }
    return true;
  }

  // A pause holds what has not begun, whoever asked for it; a run under way goes on.
  private boolean isHeld(TrainingRun run) {
    return run.status() == RunStatus.QUEUED
        && !run.cancelRequested()
        && learning.pause().isPresent();
  }

  /** Why a run should start without a request; empty if none should. */
  private Optional<RunTrigger> dueTrigger() {
    Pool pool = status.refresh();
    Optional<RunTrigger> due =
        pool.due(config.votes()) ? Optional.of(RunTrigger.VOTES) : scheduled(pool);
    if (due.isEmpty() || learning.pause().isPresent()) {
      return Optional.empty();
    }
    Instant now = clock.instant();
    Optional<String> obstacle =
        schedule.obstacle(
            now, runs.history().failures(), runs.history().startedSince(schedule.today(now)));
    status.tellObstacle(obstacle);
    return obstacle.isPresent() ? Optional.empty() : due;
  }

  private Optional<RunTrigger> scheduled(Pool pool) {
    Instant last = runs.history().newestRequestTime().orElse(Instant.EPOCH);
    boolean scheduled =
        config.schedule().isPresent()
            && pool.hasNewer()
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
