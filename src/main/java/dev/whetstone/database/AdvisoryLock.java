package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * A named lock that at most one session of the cluster holds (PostgreSQL's session-level advisory
 * lock). PostgreSQL releases it when its connection ends, so a killed holder never blocks others.
 */
public final class AdvisoryLock implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AdvisoryLock.class);

  private final Connection connection;

  private AdvisoryLock(Connection connection) {
    this.connection = connection;
  }

  /**
   * Takes the lock; empty when another session holds it.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  public static Optional<AdvisoryLock> tryAcquire(Database database, String name) {
    try {
      Connection connection = database.connectUnpooled("whetstone-" + name);
      boolean acquired = false;
      try {
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
      return acquired ? Optional.of(new AdvisoryLock(connection)) : Optional.empty();
    } catch (SQLException unreachable) {
      throw new DatabaseUnavailableException(
          "cannot ask for the lock " + name + ": " + unreachable.getMessage(), unreachable);
    }
  }

  /** Whether the connection is alive, and with it the lock; waits at most 2 s for an answer. */
  public boolean isHeld() {
    try {
      return connection.isValid(2);
    } catch (SQLException unreachable) {
      return false;
    }
  }

  @Override
  public void close() {
    // Unlock explicitly: PostgreSQL drops a closed connection's locks only after a delay, and the
    // next caller would still see it held.
    try (Connection closing = connection) {
      Sql.first(closing, row -> "", "SELECT pg_advisory_unlock_all()");
    } catch (SQLException broken) {
      LOG.debug("the connection ended before its lock was released", broken);
    }
  }
}
