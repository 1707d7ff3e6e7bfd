package dev.whetstone.database;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Work that one process of the cluster does at a time, the one that holds a lock; looked for after
 * notifications and by polling. A step that failed is tried again.
 */
public final class LeaderLoop implements AutoCloseable {
  /** What is done; on the loop's thread alone. */
  public interface Work {
    /** Done by every process before each look for a step. */
    default void follow() {}

    /** The leader's next step, if there is one; true when another may be due at once. */
    boolean step();
  }

  private static final Logger LOG = Logger.getLogger(LeaderLoop.class);

  private final Database database;
  private final String name;
  private final Duration poll;
  private final Work work;
  private final Semaphore news = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean leads;
  private @Nullable AdvisoryLock lock;

  /**
   * Does nothing until {@link #start}.
   *
   * @param name of the lock: loops of one name in one database share a leader
   * @param poll longest time between two looks
   * @param thread what the loop runs on
   */
  public LeaderLoop(
      Database database, String name, Duration poll, Thread.Builder thread, Work work) {
    this.database = database;
    this.name = name;
    this.poll = poll;
    this.work = work;
    this.thread = thread.unstarted(this::run);
  }

  /** Begins; the channels' notifications wake it. */
  public void start(Notifications notifications, String... channels) {
    for (String channel : channels) {
      notifications.listen(channel, news::release);
    }
    thread.start();
  }

  /** Whether this process is the one that works. */
  public boolean leads() {
    return leads;
  }

  /** Whether the loop ends after the present step. */
  public boolean closed() {
    return closed;
  }

  private void run() {
    while (!closed) {
      try {
        turn();
      } catch (DatabaseUnavailableException away) {
        LOG.debugf("%s waits for the database: %s", name, away.getMessage());
      } catch (RuntimeException failed) {
        if (!closed) {
          LOG.warnf(failed, "a step of %s failed; it is tried again", name);
        }
      }
      rest();
    }
    release();
  }

  private void turn() {
    do {
      work.follow();
      leads = lead();
    } while (leads && !closed && work.step());
  }

  private boolean lead() {
    if (lock != null && lock.held()) {
      return true;
    }
    release();
    lock = AdvisoryLock.tryAcquire(database, name).orElse(null);
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
      boolean _ = news.tryAcquire(poll.toMillis(), TimeUnit.MILLISECONDS);
      news.drainPermits();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  /** Ends it after the present step; what was committed stays for the next leader. */
  @Override
  public void close() {
    closed = true;
    news.release();
  }

  /** Waits for the end of the present step after {@link #close}, but no longer than a limit. */
  public void join(Duration limit) {
    try {
      boolean _ = thread.join(limit);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
