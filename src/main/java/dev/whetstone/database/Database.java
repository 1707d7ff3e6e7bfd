package dev.whetstone.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import dev.whetstone.database.server.UnusableServerException;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Access to PostgreSQL: starts the embedded server where no external one is configured, migrates
 * the schema and pools connections, which act as the role {@code whetstone_app}. It opens on first
 * use and again after the database was unavailable. Any thread may call it.
 *
 * <p>How it works: {@code pool} is null until the database is open, and again once the embedded
 * server is found dead; whoever finds it null opens. The lock {@code opening} guards the server,
 * the pause between tries, and {@code closed}; only its holder sets {@code pool}. Others read the
 * volatile fields without it. After a failure nobody tries before the pause is over, which doubles
 * up to 15 s: callers get the last failure at once.
 */
public final class Database implements AutoCloseable {
  /** Work on a connection, which it must neither commit nor close. */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  private static final Logger LOG = Logger.getLogger(Database.class);
  private static final int MAX_ATTEMPTS = 4;
  private static final String TOO_MANY_CONNECTIONS = "53300";
  private static final String NOT_PERMITTED = "42501";
  private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);
  private static final Duration MAX_RETRY_PAUSE = Duration.ofSeconds(15);

  private final DatabaseConfig config;
  private final ConnectionFactory connections;
  // Held while the server is started, joined or dropped, which may take a minute. Callers that only
  // want a connection wait for it no longer than acquireTimeout.
  private final ReentrantLock opening = new ReentrantLock();
  private volatile @Nullable AgroalDataSource pool;
  private volatile @Nullable DatabaseUnavailableException lastFailure;
  private volatile @Nullable ServerAddress openAddress;
  private final Semaphore permits;

  @GuardedBy("opening")
  private @Nullable EmbeddedServer server;

  @GuardedBy("opening")
  private Duration retryPause = RETRY_PAUSE;

  @GuardedBy("opening")
  private long lastAttemptNanos = System.nanoTime() - RETRY_PAUSE.toNanos();

  @GuardedBy("opening")
  private boolean closed;

  public Database(DatabaseConfig config) {
    this.config = config;
    this.connections = new ConnectionFactory(config);
    this.permits = new Semaphore(config.maxConnections(), true);
  }

  /**
   * Opens the database now instead of on first use.
   *
   * @throws DatabaseUnavailableException when it cannot be reached
   */
  public void open() {
    pool();
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
    lastFailure = failure;
  }

  /** Why the last use could not reach the server; empty when it succeeded. */
  public Optional<String> unavailableReason() {
    DatabaseUnavailableException last = lastFailure;
    return last == null ? Optional.empty() : Optional.ofNullable(last.getMessage());
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
        if (!isSerializationFailure(failed) || attempt == MAX_ATTEMPTS) {
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
      lastFailure = null;
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
    AgroalDataSource used = pool;
    try {
      return statement(work);
    } catch (DatabaseBusyException busy) {
      throw busy;
    } catch (DatabaseUnavailableException died) {
      if (used == null || used != pool) {
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
    pool();
    ServerAddress address = openAddress;
    if (address == null) {
      throw new DatabaseUnavailableException("the database is closed");
    }
    try {
      return connections.connectUnpooled(address, name);
    } catch (SQLException failed) {
      // Also reopens the database: a caller that uses no pooled connection must find a new server.
      throw unavailable(failed);
    }
  }

  private static boolean isSerializationFailure(SQLException failed) {
    return "40001".equals(failed.getSQLState()) || "40P01".equals(failed.getSQLState());
  }

  private RuntimeException translate(SQLException failed) {
    String state = failed.getSQLState();
    if (TOO_MANY_CONNECTIONS.equals(state)) {
      return new DatabaseBusyException("the database takes no more connections");
    }
    boolean unreachable =
        state == null
            || state.startsWith("08")
            || state.startsWith("57P")
            || state.startsWith("53");
    return unreachable ? unavailable(failed) : new DatabaseException(failed);
  }

  private DatabaseUnavailableException unavailable(SQLException failed) {
    var reason =
        new DatabaseUnavailableException(
            "the database is unavailable: " + failed.getMessage(), failed);
    lastFailure = reason;
    AgroalDataSource open = pool;
    if (open != null) {
      // What broke this connection may have broken the idle ones, too.
      open.flush(AgroalDataSource.FlushMode.IDLE);
    }
    dropPoolOfDeadServer();
    return reason;
  }

  // Every failure to connect, whatever its SQLSTATE, means that the database is unavailable.
  private Connection borrow() {
    try {
      return pool().getConnection();
    } catch (SQLException failed) {
      throw TOO_MANY_CONNECTIONS.equals(failed.getSQLState())
          ? translate(failed)
          : unavailable(failed);
    }
  }

  private AgroalDataSource pool() {
    AgroalDataSource open = pool;
    return open == null ? openOrWait() : open;
  }

  private AgroalDataSource openOrWait() {
    boolean locked = false;
    try {
      locked = opening.tryLock(config.acquireTimeout().toMillis(), TimeUnit.MILLISECONDS);
      if (!locked) {
        throw new DatabaseUnavailableException("the database is being opened; try again");
      }
      AgroalDataSource open = pool;
      return open == null ? openPool() : open;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new DatabaseUnavailableException("interrupted while the database was opened", stopped);
    } finally {
      if (locked) {
        opening.unlock();
      }
    }
  }

  @GuardedBy("opening")
  private AgroalDataSource openPool() {
    if (closed) {
      throw new DatabaseUnavailableException("the database is closed");
    }
    DatabaseUnavailableException last = lastFailure;
    if (last != null && System.nanoTime() - lastAttemptNanos < retryPause.toNanos()) {
      throw last instanceof DatabaseUnusableException
          ? last
          : new DatabaseUnavailableException(String.valueOf(last.getMessage()), last);
    }
    try {
      ServerAddress address = resolveAddress();
      connections.migrate(address);
      openAddress = address;
      AgroalDataSource opened = connections.createPool(address);
      pool = opened;
      lastFailure = null;
      retryPause = RETRY_PAUSE;
      return opened;
    } catch (IOException | SQLException | FlywayException failed) {
      if (lastFailure != null) {
        Duration twice = retryPause.multipliedBy(2);
        retryPause = twice.compareTo(MAX_RETRY_PAUSE) > 0 ? MAX_RETRY_PAUSE : twice;
      }
      lastAttemptNanos = System.nanoTime();
      DatabaseUnavailableException reason = reason(failed);
      lastFailure = reason;
      LOG.warn(reason.getMessage());
      throw reason;
    }
  }

  private static DatabaseUnavailableException reason(Exception failed) {
    if (failed instanceof UnusableServerException unusable) {
      return new DatabaseUnusableException(String.valueOf(unusable.getMessage()), unusable);
    }
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException refused && NOT_PERMITTED.equals(refused.getSQLState())) {
        return new DatabaseUnusableException(
            "the database's user lacks a right that Whetstone needs: "
                + refused.getMessage()
                + ". Give it CREATEROLE, or, as an administrator of the server: CREATE ROLE "
                + ApplicationRole.NAME
                + " (where there is none), and GRANT "
                + ApplicationRole.NAME
                + " TO that user WITH ADMIN OPTION; it must own the database",
            failed);
      }
    }
    return new DatabaseUnavailableException(
        "the database is unavailable: " + failed.getMessage(), failed);
  }

  // An external server comes back at its address; the embedded one must be started again, on
  // another port. One caller does that; the others fail at once as unavailable.
  private void dropPoolOfDeadServer() {
    AgroalDataSource old = pool;
    if (config.url() != null || old == null || !opening.tryLock()) {
      return;
    }
    try {
      if (old == pool && !closed && !answers()) {
        pool = null;
        old.close();
      }
    } finally {
      opening.unlock();
    }
  }

  // On a connection of its own: the pool may be exhausted while the server is well.
  private boolean answers() {
    ServerAddress address = openAddress;
    if (address == null) {
      return false;
    }
    try (Connection connection = connections.connectUnpooled(address, "whetstone-probe")) {
      return connection.isValid(ConnectionFactory.VALIDATION_SECONDS);
    } catch (SQLException failed) {
      LOG.debug("the embedded server does not take a connection", failed);
      return TOO_MANY_CONNECTIONS.equals(failed.getSQLState());
    }
  }

  /**
   * Asks the server for an answer, on a connection of its own, unless it was never opened: that is
   * for its users to do.
   *
   * @return why it does not answer; empty when it does
   */
  public Optional<String> probe() {
    ServerAddress address = openAddress;
    if (pool == null || address == null) {
      return Optional.of(unavailableReason().orElse("the database is not open yet"));
    }
    try (Connection connection = connections.connectUnpooled(address, "whetstone-probe")) {
      if (connection.isValid(ConnectionFactory.VALIDATION_SECONDS)) {
        lastFailure = null;
        return Optional.empty();
      }
      return Optional.of("the database does not answer");
    } catch (SQLException failed) {
      return TOO_MANY_CONNECTIONS.equals(failed.getSQLState())
          ? Optional.empty()
          : Optional.of(String.valueOf(unavailable(failed).getMessage()));
    }
  }

  @GuardedBy("opening")
  private ServerAddress resolveAddress() throws IOException {
    if (config.url() != null) {
      return ServerAddress.parse(config.url());
    }
    EmbeddedServer embedded = server == null ? EmbeddedServer.at(config.directory()) : server;
    server = embedded;
    return embedded.start();
  }

  /** Closes the pool and stops the embedded server, unless another process still uses it. */
  @Override
  public void close() {
    opening.lock();
    try {
      closed = true;
      AgroalDataSource open = pool;
      pool = null;
      if (open != null) {
        open.close();
      }
      if (server != null) {
        server.release();
      }
    } catch (IOException failed) {
      LOG.warn("PostgreSQL could not be stopped", failed);
    } finally {
      opening.unlock();
    }
  }
}
