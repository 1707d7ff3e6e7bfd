package dev.whetstone.dpo;

import dev.whetstone.database.AdvisoryLock;
import dev.whetstone.database.DatabaseAwayException;
import dev.whetstone.database.Notifications;
import dev.whetstone.policy.By;
import dev.whetstone.policy.RunStatus;
import dev.whetstone.policy.RunStore;
import dev.whetstone.policy.RunTrigger;
import dev.whetstone.policy.TrainingRun;
import dev.whetstone.preference.UsableVotes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Starts runs and does them, one after the other: when enough new votes are in, when the schedule
 * says so, when someone asked, and again when a trainer was lost over one. Of several trainers the
 * one that holds the lock works.
 */
public final class TrainingLoop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(TrainingLoop.class);
  private static final By SELF = new By("trainer", null);

  private final RunStore runs;
  private final UsableVotes votes;
  private final RunWork work;
  private final TrainerConfig config;
  private final InstantSource clock;
  private final String lockName;
  private final Semaphore news = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean leads;
  private @Nullable AdvisoryLock lock;

  /** Does nothing until {@link #start}. */
  public TrainingLoop(
      RunStore runs,
      UsableVotes votes,
      RunWork work,
      TrainerConfig config,
      InstantSource clock,
      String baseHash) {
    this.runs = runs;
    this.votes = votes;
    this.work = work;
    this.config = config;
    this.clock = clock;
    this.lockName = "trainer." + baseHash;
    this.thread = Thread.ofPlatform().name("whetstone-trainer").unstarted(this::run);
  }

  /** Looks for work from now on, by notification and by polling. */
  public void start(Notifications notifications) {
    notifications.listen(RunStore.CHANNEL, news::release);
    thread.start();
  }

  /** Whether this trainer is the one that works. */
  public boolean leads() {
    return leads;
  }

  private void run() {
    while (!closed) {
      try {
        leads = lead();
        if (leads) {
          step();
        }
      } catch (DatabaseAwayException away) {
        LOG.debugf("the trainer waits for the database: %s", away.getMessage());
      } catch (RuntimeException failed) {
        LOG.warn("the trainer goes on after a failure", failed);
      }
      rest();
    }
    release();
  }

  private void step() {
    Optional<TrainingRun> active = runs.active();
    if (active.isEmpty()) {
      active = due().map(why -> runs.request(why, "{}", SELF).run());
    }
    if (active.isEmpty()) {
      return;
    }
    TrainingRun run = runs.begin(active.get().id());
    if (run.cancelRequested()) {
      runs.finish(run.id(), RunStatus.CANCELLED, new By("trainer", "it was cancelled"));
    } else if (run.attempts() > config.attempts()) {
      runs.finish(
          run.id(),
          RunStatus.FAILED,
          new By("trainer", "the trainer was lost over it " + config.attempts() + " times"));
    } else {
      work.run(run, () -> closed);
    }
  }

  /** Whether a run should start by itself, and why. */
  private Optional<RunTrigger> due() {
    int fresh = votes.countAfter(runs.newestVote());
    if (config.votes() > 0 && fresh >= config.votes()) {
      return Optional.of(RunTrigger.VOTES);
    }
    Instant last = runs.lastRequest().orElse(Instant.EPOCH);
    boolean time =
        config.schedule().isPresent()
            && fresh > 0
            && !clock.instant().isBefore(last.plus(config.schedule().get()));
    return time ? Optional.of(RunTrigger.SCHEDULE) : Optional.empty();
  }

  private boolean lead() {
    if (lock != null && lock.held()) {
      return true;
    }
    release();
    lock = AdvisoryLock.tryAcquire(runs.database(), lockName).orElse(null);
    return lock != null;
  }

  private void release() {
    leads = false;
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }

  private void rest() {
    try {
      boolean _ = news.tryAcquire(config.poll().toMillis(), TimeUnit.MILLISECONDS);
      news.drainPermits();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  /** Ends after the step being done; an unfinished run is taken up again by the next trainer. */
  @Override
  public void close() {
    closed = true;
    news.release();
    try {
      thread.join(20_000);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
