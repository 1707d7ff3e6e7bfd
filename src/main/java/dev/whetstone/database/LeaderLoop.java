package dev.whetstone.database;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A loop whose work one process of the cluster does at a time: the leader, which holds an advisory
 * lock. It runs after notifications and at least once a poll interval.
 *
 * <p>Invariants: a step begins only after the lock was found held, and holds it in no transaction
 * of its own, so a leader that lost its session in the middle of a step may run beside its
 * successor for that step. What a step commits must be safe then: it checks the state that it
 * changes in the transaction that changes it. A leader that is silent (hung, stopped, cut off) is
 * replaced, since {@link AdvisoryLock} has a heartbeat.
 *
 * <p>Threads: the lock, and every step, are the loop's thread's alone; notifications only release
 * {@code wakeUps}; {@code closed} and {@code leader} are read by any thread.
 *
 * <p>Failure: a step that throws is logged and retried after the next wake-up or poll; an Error
 * ends the loop, frees the lock at once and ends the process.
 */
public final class LeaderLoop implements AutoCloseable {
  /** The loop's work; called on the loop's thread only. */
  public interface Work {
    /** Called in every process, leader or not, before each {@link #step}. */
    default void beforeStep() {}

    /** Does the leader's next step, if one is due; true when another may be due at once. */
    boolean step();
  }

  private static final Logger LOG = Logger.getLogger(LeaderLoop.class);

  private final Database database;
  private final String name;
  private final Duration poll;
  private final Work work;
  private final Semaphore wakeUps = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean leader;
  private @Nullable AdvisoryLock lock;

  /**
   * Creates a loop that does nothing until {@link #start}.
   *
   * @param name the lock's name: loops of one name in one database share a leader
   * @param poll longest time between two runs
   * @param thread builds the thread that the loop runs on
   */
  public LeaderLoop(
      Database database, String name, Duration poll, Thread.Builder thread, Work work) {
    this.database = database;
    this.name = name;
    this.poll = poll;
    this.work = work;
    this.thread = thread.unstarted(this::run);
  }

  /** Starts the loop; the channels' notifications wake it. */
  public void start(Notifications notifications, String... channels) {
    for (String channel : channels) {
      notifications.listen(channel, wakeUps::release);
    }
    thread.start();
  }

  /** Whether this process is the leader. */
  public boolean isLeader() {
    return leader;
  }

  /** Whether the loop ends after the current step. */
  public boolean isClosed() {
    return closed;
  }

  // An Error ends the loop, and with it the process; the lock is free for another one at once.
  private void run() {
    try {
      runUntilClosed();
    } finally {
      releaseLock();
    }
  }

  private void runUntilClosed() {
    while (!closed) {
      try {
        runOnce();
      } catch (DatabaseUnavailableException unavailable) {
        LOG.debugf("%s waits for the database: %s", name, unavailable.getMessage());
      } catch (RuntimeException failed) {
        if (!closed) {
          LOG.warnf(failed, "a step of %s failed and will be retried", name);
        }
      }
      awaitWork();
    }
  }

  private void runOnce() {
    do {
      work.beforeStep();
      leader = tryLead();
    } while (leader && !closed && work.step());
  }

  private boolean tryLead() {
    if (lock != null && lock.isHeld()) {
      return true;
    }
    releaseLock();
    lock = AdvisoryLock.tryAcquire(database, name).orElse(null);
    return lock != null;
  }

  private void releaseLock() {
    leader = false;
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }

  private void awaitWork() {
    try {
      boolean _ = wakeUps.tryAcquire(poll.toMillis(), TimeUnit.MILLISECONDS);
      wakeUps.drainPermits();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  /** Ends the loop after the current step; what is committed stays for the next leader. */
  @Override
  public void close() {
    closed = true;
    wakeUps.release();
  }

  /** Waits at most {@code limit} for the loop to end after {@link #close}. */
  public void join(Duration limit) {
    try {
      boolean _ = thread.join(limit);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
