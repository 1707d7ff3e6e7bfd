package dev.whetstone.database;

import io.agroal.api.AgroalDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Access to PostgreSQL: runs transactions and statements on pooled connections, which act as the
 * role {@code whetstone_app}. It opens on first use and again after the database was unavailable,
 * by {@link ConnectionPool}.
 *
 * <p>Invariants: a transaction is committed whole or rolled back, whatever its work throws. Work
 * borrows one connection and asks for no other while it holds it, and nothing is computed by the
 * engine meanwhile: otherwise as many threads as there are connections wait for each other.
 *
 * <p>Threads: any may call it; at most {@code maxConnections} work at a time, and others wait for
 * {@code acquireTimeout}. That all are in use is told as busy, never as unavailable, and does not
 * open the server anew.
 *
 * <p>Failure: work runs again after a serialization failure or a deadlock, so it must have no
 * effect but the database's; a read whose session dies is tried once more on another.
 */
public final class Database implements AutoCloseable {
  /** Work on a connection, which it must neither commit nor close. */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  private static final int MAX_ATTEMPTS = 4;

  private final DatabaseConfig config;
  private final ConnectionPool pool;
  private final Semaphore permits;

  public Database(DatabaseConfig config) {
    this.config = config;
    this.pool = new ConnectionPool(config);
    this.permits = new Semaphore(config.maxConnections(), true);
  }

  /**
   * Opens the database now instead of on first use, however long that takes; where another caller
   * does so already, waits for that one.
   *
   * @throws DatabaseUnavailableException when it cannot be reached
   */
  public void open() {
    pool.awaitOpen();
  }

  /**
   * Checks that the server answers, within a few seconds.
   *
   * @throws DatabaseUnavailableException when it does not
   */
  public void requireAvailable() {
    statement(
        connection -> {
          if (!connection.isValid(ConnectionFactory.VALIDATION_SECONDS)) {
            throw new SQLException(
                "no answer within " + ConnectionFactory.VALIDATION_SECONDS + " s", "08006");
          }
          return true;
        });
  }

  /** Records a failure that a caller saw before the connection did, such as an answer overdue. */
  public void reportUnavailable(DatabaseUnavailableException failure) {
    pool.reportUnavailable(failure);
  }

  /** Why the last use could not reach the server; empty when it succeeded. */
  public Optional<String> unavailableReason() {
    return pool.unavailableReason();
  }

  /**
   * Runs the work in one transaction and commits it. Up to 4 attempts are made when PostgreSQL
   * aborts the transaction for a serialization failure or a deadlock, so the work may run again.
   *
   * @throws DatabaseBusyException when all connections are in use for too long
   * @throws DatabaseUnavailableException when the database cannot be reached
   * @throws DatabaseException when it rejects a statement
   */
  public <T extends @Nullable Object> T transaction(Work<T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return withConnection(connection -> runAndCommit(connection, work));
      } catch (SQLException failed) {
        if (!Failures.isSerializationFailure(failed) || attempt == MAX_ATTEMPTS) {
          throw translate(failed);
        }
      }
    }
  }

  // The permits are this class's own, because the pool cannot tell that it is exhausted from that
  // the server is gone.
  private <T extends @Nullable Object> T withConnection(Work<T> work) throws SQLException {
    acquirePermit();
    try (Connection connection = borrow()) {
      T result = work.run(connection);
      pool.reportAvailable();
      return result;
    } finally {
      permits.release();
    }
  }

  private void acquirePermit() {
    try {
      if (!permits.tryAcquire(config.acquireTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
        throw new DatabaseBusyException(
            "all %d connections to the database are in use".formatted(config.maxConnections()));
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new DatabaseUnavailableException("interrupted while waiting for a connection", stopped);
    }
  }

  private static <T extends @Nullable Object> T runAndCommit(Connection connection, Work<T> work)
      throws SQLException {
    connection.setAutoCommit(false);
    try {
      T result = work.run(connection);
      connection.commit();
      return result;
    } catch (SQLException | RuntimeException | Error failed) {
      // Also after an Error: the pool turns autocommit on again, which would commit the half.
      try {
        connection.rollback();
      } catch (SQLException alsoFailed) {
        failed.addSuppressed(alsoFailed);
      }
      throw failed;
    }
  }

  /**
   * Runs work whose statements each commit by themselves, which saves the round trip of a commit.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   * @throws DatabaseException when it rejects a statement
   */
  public <T extends @Nullable Object> T statement(Work<T> work) {
    try {
      return withConnection(
          connection -> {
            connection.setAutoCommit(true);
            return work.run(connection);
          });
    } catch (SQLException failed) {
      throw translate(failed);
    }
  }

  // A query may run twice: one whose connection has died is tried on another.
  private <T> T query(Work<T> work) {
    AgroalDataSource used = pool.current();
    try {
      return statement(work);
    } catch (DatabaseBusyException busy) {
      throw busy;
    } catch (DatabaseUnavailableException died) {
      if (!pool.isOpen(used)) {
        throw died;
      }
      return statement(work);
    }
  }

  /** Runs one query, as {@link Sql#list} does, on a connection of its own. */
  public <T> List<T> list(Sql.Row<T> reader, String sql, @Nullable Object... values) {
    return query(connection -> Sql.list(connection, reader, sql, values));
  }

  /** Runs one query, as {@link Sql#first} does, on a connection of its own. */
  public <T> Optional<T> first(Sql.Row<T> reader, String sql, @Nullable Object... values) {
    return query(connection -> Sql.first(connection, reader, sql, values));
  }

  /** Runs one statement, as {@link Sql#update} does, on a connection of its own. */
  public int update(String sql, @Nullable Object... values) {
    return statement(connection -> Sql.update(connection, sql, values));
  }

  /**
   * Opens a connection outside the pool, for long use; the caller closes it.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  Connection connectUnpooled(String name) {
    try {
      return pool.connectUnpooled(name);
    } catch (SQLException failed) {
      // Also reopens the database: a caller that uses no pooled connection must find a new server.
      throw pool.unavailable(failed);
    }
  }

  private RuntimeException translate(SQLException reported) {
    SQLException failed = Failures.withoutValues(reported);
    if (Failures.isTooManyConnections(failed)) {
      return new DatabaseBusyException("the database takes no more connections");
    }
    return Failures.isUnreachable(failed)
        ? pool.unavailable(failed)
        : new DatabaseException(failed);
  }

  // Every failure to connect, whatever its SQLSTATE, means that the database is unavailable.
  private Connection borrow() {
    try {
      return pool.open().getConnection();
    } catch (SQLException failed) {
      throw Failures.isTooManyConnections(failed) ? translate(failed) : pool.unavailable(failed);
    }
  }

  /**
   * Asks the server for an answer, on a connection of its own, unless it was never opened: that is
   * for its users to do.
   *
   * @return why it does not answer; empty when it does
   */
  public Optional<String> probe() {
    return pool.probe();
  }

  /** Closes the pool and stops the embedded server, unless another process still uses it. */
  @Override
  public void close() {
    pool.close();
  }
}
