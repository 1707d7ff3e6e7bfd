package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;

/**
 * A named lock that at most one session of the cluster holds (PostgreSQL's session-level advisory
 * lock). PostgreSQL releases it when its connection ends, so a killed holder never blocks others.
 * It also ends the connection of a holder that is silent for 45 s (stopped, or cut off from the
 * network): one that lives is heard every 10 s.
 */
public final class AdvisoryLock implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AdvisoryLock.class);
  private static final String UNKNOWN_SETTING = "42704";

  private static final Duration SILENCE = Duration.ofSeconds(45);
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);

  // A database that hangs for a moment does not cost the lock.
  private static final int HEARTBEAT_ANSWER_SECONDS = 10;

  // Guards the connection's use, by the holder and by the heartbeat.
  private final ReentrantLock using = new ReentrantLock();
  private final Connection connection;
  private final Thread heart;

  private AdvisoryLock(Connection connection, String name, Duration heartbeat) {
    this.connection = connection;
    this.heart =
        Thread.ofVirtual().name("whetstone-heartbeat-" + name).start(() -> beat(heartbeat));
  }

  private void beat(Duration heartbeat) {
    try {
      do {
        Thread.sleep(heartbeat);
      } while (isHeld(HEARTBEAT_ANSWER_SECONDS));
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Takes the lock; empty when another session holds it.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  public static Optional<AdvisoryLock> tryAcquire(Database database, String name) {
    return tryAcquire(database, name, SILENCE, HEARTBEAT);
  }

  /**
   * Takes the lock with other times.
   *
   * @param silence after which PostgreSQL ends the holder's connection
   */
  static Optional<AdvisoryLock> tryAcquire(
      Database database, String name, Duration silence, Duration heartbeat) {
    try {
      Connection connection = database.connectUnpooled("whetstone-" + name);
      boolean acquired = false;
      try {
        limitSilence(connection, silence);
        acquired =
            Sql.first(
                    connection,
                    row -> row.getBoolean(1),
                    "SELECT pg_try_advisory_lock(hashtextextended(?, 0))",
                    "whetstone." + name)
                .orElse(false);
      } finally {
        if (!acquired) {
          connection.close();
        }
      }
      return acquired
          ? Optional.of(new AdvisoryLock(connection, name, heartbeat))
          : Optional.empty();
    } catch (SQLException unreachable) {
      throw new DatabaseUnavailableException(
          "cannot ask for the lock " + name + ": " + unreachable.getMessage(), unreachable);
    }
  }

  // PostgreSQL 14 has the setting; with an older one a lock ends with its connection alone.
  private static void limitSilence(Connection connection, Duration silence) throws SQLException {
    try {
      Sql.first(
          connection,
          row -> "",
          "SELECT set_config('idle_session_timeout', ?, false)",
          Long.toString(silence.toMillis()));
    } catch (SQLException failed) {
      if (!UNKNOWN_SETTING.equals(failed.getSQLState())) {
        throw failed;
      }
    }
  }

  /** Whether the connection is alive, and with it the lock; waits at most 2 s for an answer. */
  public boolean isHeld() {
    return isHeld(2);
  }

  private boolean isHeld(int seconds) {
    using.lock();
    try {
      return connection.isValid(seconds);
    } catch (SQLException unreachable) {
      return false;
    } finally {
      using.unlock();
    }
  }

  @Override
  public void close() {
    using.lock();
    try {
      release();
    } finally {
      using.unlock();
    }
    heart.interrupt();
  }

  private void release() {
    // Unlock explicitly: PostgreSQL drops a closed connection's locks only after a delay, and the
    // next caller would still see it held.
    try (Connection closing = connection) {
      Sql.first(closing, row -> "", "SELECT pg_advisory_unlock_all()");
    } catch (SQLException broken) {
      LOG.debug("the connection ended before its lock was released", broken);
    }
  }
}
