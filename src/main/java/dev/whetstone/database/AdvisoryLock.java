package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * A named lock that one session in the whole cluster holds. It goes with its connection, so a
 * holder that is killed or cut off loses it by itself.
 */
public final class AdvisoryLock implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AdvisoryLock.class);

  private final Connection connection;

  private AdvisoryLock(Connection connection) {
    this.connection = connection;
  }

  /**
   * The lock, unless another holds it.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  public static Optional<AdvisoryLock> tryAcquire(Database database, String name) {
    try {
      Connection connection = database.connect("whetstone-" + name);
      boolean taken = false;
      try {
        taken =
            Sql.first(
                    connection,
                    row -> row.getBoolean(1),
                    "SELECT pg_try_advisory_lock(hashtextextended(?, 0))",
                    "whetstone." + name)
                .orElse(false);
      } finally {
        if (!taken) {
          connection.close();
        }
      }
      return taken ? Optional.of(new AdvisoryLock(connection)) : Optional.empty();
    } catch (SQLException away) {
      throw new DatabaseUnavailableException("the lock " + name + " cannot be asked for", away);
    }
  }

  /** Whether the connection, and so the lock, is still there. */
  public boolean held() {
    try {
      return connection.isValid(2);
    } catch (SQLException gone) {
      return false;
    }
  }

  @Override
  public void close() {
    // said before the connection goes, so that the next one to ask is not told of a ghost
    try (Connection ending = connection) {
      Sql.first(ending, row -> "", "SELECT pg_advisory_unlock_all()");
    } catch (SQLException gone) {
      LOG.debug("the lock was lost with its connection", gone);
    }
  }
}
