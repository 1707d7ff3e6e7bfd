package dev.whetstone.rollout;

import dev.whetstone.database.AdvisoryLock;
import dev.whetstone.database.DatabaseAwayException;
import dev.whetstone.database.Notifications;
import dev.whetstone.engine.Engine;
import dev.whetstone.policy.AliasLog;
import dev.whetstone.policy.By;
import dev.whetstone.policy.PolicyRow;
import dev.whetstone.policy.RunStore;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Brings candidates through gate and duel. Every gateway follows the duel that is on; the one that
 * holds the lock is the referee.
 */
public final class Rollouts implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Rollouts.class);

  private final RolloutStore store;
  private final Duels duels;
  private final Referee referee;
  private final RolloutConfig config;
  private final String lockName;
  private final Semaphore news = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable AdvisoryLock lock;

  /**
   * Follows nothing until {@link #start}.
   *
   * @param canary token ids of the configured canary text
   */
  public Rollouts(
      Engine engine,
      ActivePolicies policies,
      RunStore runs,
      RolloutConfig config,
      int[] canary,
      RandomGenerator random,
      InstantSource clock) {
    String baseHash = policies.base().hash();
    this.store = new RolloutStore(policies.store().database(), baseHash);
    this.duels = new Duels(store, random, policies.gateway());
    GateData data = new GateData(policies.store().database(), runs, baseHash);
    Gate gate = new Gate(engine, policies.base(), data, config.gate(), canary);
    this.referee = new Referee(store, policies, gate, config, clock);
    this.config = config;
    this.lockName = "referee." + baseHash;
    this.thread = Thread.ofVirtual().name("whetstone-rollouts").unstarted(this::run);
  }

  /** Follows rollouts from now on, by notification and by polling. */
  public void start(Notifications notifications) {
    notifications.listen(RolloutStore.CHANNEL, news::release);
    notifications.listen(RunStore.CHANNEL, news::release);
    notifications.listen(AliasLog.CHANNEL, news::release);
    thread.start();
  }

  public RolloutStore store() {
    return store;
  }

  public Duels duels() {
    return duels;
  }

  /** The settings that rollouts follow. */
  public RolloutConfig config() {
    return config;
  }

  /** Puts a version on its way; empty when another is under way or it is the champion. */
  public Optional<Rollout> open(PolicyRow candidate, RolloutMode mode, double share, By by) {
    return referee.open(candidate, mode, share, by);
  }

  /** Ends a rollout without a promotion; false when it had ended. */
  public boolean cancel(Rollout rollout, By by) {
    String reason = by.reason() == null ? "an operator ended it" : by.reason();
    return rollout.status().active()
        && referee.apply(
            rollout, new Referee.Move(RolloutStatus.CANCELLED, reason, Map.of()), by.actor());
  }

  private void run() {
    while (!closed) {
      try {
        duels.refresh();
        if (leads()) {
          while (!closed && referee.step()) {
            duels.refresh();
          }
        }
      } catch (DatabaseAwayException away) {
        LOG.debugf("rollouts wait for the database: %s", away.getMessage());
      } catch (RuntimeException failed) {
        if (!closed) {
          LOG.warn("a step of the rollout failed; it is tried again", failed);
        }
      }
      rest();
    }
    release();
  }

  private boolean leads() {
    if (lock != null && lock.held()) {
      return true;
    }
    release();
    lock = AdvisoryLock.tryAcquire(store.database(), lockName).orElse(null);
    return lock != null;
  }

  private void release() {
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

  /** Ends the following; what was committed stays for the next referee. */
  @Override
  public void close() {
    closed = true;
    news.release();
  }
}
