package dev.whetstone.database;

import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.flywaydb.core.api.FlywayException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL: started where it is ours, migrated, pooled. It opens on first use and again after it
 * was away; connections act as the role {@code whetstone_app}.
 */
public final class Database implements AutoCloseable {
  /** A piece of work within one transaction. */
  @FunctionalInterface
  public interface Work<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  private static final Logger LOG = Logger.getLogger(Database.class);
  private static final int TRIES = 4;
  private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);

  private final DatabaseConfig config;
  private final ConnectionFactory connections;
  // Held while the server is started, joined or given up: that may take a minute, and those who
  // only want a connection do not wait so long.
  private final ReentrantLock opening = new ReentrantLock();
  private volatile @Nullable AgroalDataSource pool;
  private volatile @Nullable DatabaseUnavailableException lastFailure;
  private volatile @Nullable ServerAddress openAddress;
  private @Nullable EmbeddedServer server;
  private long lastAttemptNanos = System.nanoTime() - RETRY_PAUSE.toNanos();
  private boolean closed;

  public Database(DatabaseConfig config) {
    this.config = config;
    this.connections = new ConnectionFactory(config);
  }

  /**
   * Opens now what would else be opened on first use.
   *
   * @throws DatabaseUnavailableException when it cannot be reached now
   */
  public void open() {
    pool();
  }

  /**
   * Asks the server for a sign of life, in a few seconds at most.
   *
   * @throws DatabaseUnavailableException when it gives none
   */
  public void requireAnswer() {
    statement(
        connection -> {
          if (!connection.isValid(ConnectionFactory.VALIDATION_SECONDS)) {
            throw new SQLException("no sign of life", "08006");
          }
          return true;
        });
  }

  /** Why the last use failed to reach the server; empty while it answers. */
  public Optional<String> away() {
    DatabaseUnavailableException last = lastFailure;
    return last == null ? Optional.empty() : Optional.ofNullable(last.getMessage());
  }

  /**
   * Runs the work in one transaction and commits; repeated when it lost a race that PostgreSQL
   * broke off.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   * @throws DatabaseException when it refuses a statement
   */
  public <T extends @Nullable Object> T transaction(Work<T> work) {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = borrow()) {
        T result = committed(connection, work);
        lastFailure = null;
        return result;
      } catch (SQLException failed) {
        if (!lostRace(failed) || attempt == TRIES) {
          throw refused(failed);
        }
      }
    }
  }

  private static <T extends @Nullable Object> T committed(Connection connection, Work<T> work)
      throws SQLException {
    connection.setAutoCommit(false);
    try {
      T result = work.run(connection);
      connection.commit();
      return result;
    } catch (SQLException | RuntimeException failed) {
      try {
        connection.rollback();
      } catch (SQLException alsoFailed) {
        failed.addSuppressed(alsoFailed);
      }
      throw failed;
    }
  }

  /** One statement that commits by itself, without the round trip of a commit. */
  public <T extends @Nullable Object> T statement(Work<T> work) {
    try (Connection connection = borrow()) {
      connection.setAutoCommit(true);
      T result = work.run(connection);
      lastFailure = null;
      return result;
    } catch (SQLException failed) {
      throw refused(failed);
    }
  }

  /**
   * A connection outside the pool, for one that is held for long; the caller closes it.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  Connection connect(String name) {
    pool();
    ServerAddress address = openAddress;
    if (address == null) {
      throw new DatabaseUnavailableException("the database is closed");
    }
    try {
      return connections.alone(address, name);
    } catch (SQLException failed) {
      // as for the pool's: who holds nothing but such connections must find a new server, too
      throw lost(failed);
    }
  }

  private static boolean lostRace(SQLException failed) {
    return "40001".equals(failed.getSQLState()) || "40P01".equals(failed.getSQLState());
  }

  private RuntimeException refused(SQLException failed) {
    String state = failed.getSQLState();
    boolean away =
        state == null
            || state.startsWith("08")
            || state.startsWith("57P")
            || state.startsWith("53");
    return away ? lost(failed) : new DatabaseException(failed);
  }

  private DatabaseUnavailableException lost(SQLException failed) {
    var reason =
        new DatabaseUnavailableException("the database is away: " + failed.getMessage(), failed);
    lastFailure = reason;
    AgroalDataSource open = pool;
    if (open != null) {
      // what broke one connection may have broken those at rest, too
      open.flush(AgroalDataSource.FlushMode.IDLE);
    }
    revive();
    return reason;
  }

  // Whatever keeps a connection from being made, there is none.
  private Connection borrow() {
    try {
      return pool().getConnection();
    } catch (SQLException failed) {
      throw lost(failed);
    }
  }

  private AgroalDataSource pool() {
    AgroalDataSource open = pool;
    return open == null ? connect() : open;
  }

  private AgroalDataSource connect() {
    boolean alone = false;
    try {
      alone = opening.tryLock(config.acquireTimeout().toMillis(), TimeUnit.MILLISECONDS);
      if (!alone) {
        throw new DatabaseUnavailableException("the database is being opened");
      }
      AgroalDataSource open = pool;
      return open == null ? openPool() : open;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new DatabaseUnavailableException("interrupted while the database was opened", stopped);
    } finally {
      if (alone) {
        opening.unlock();
      }
    }
  }

  private AgroalDataSource openPool() {
    if (closed) {
      throw new DatabaseUnavailableException("the database is closed");
    }
    DatabaseUnavailableException last = lastFailure;
    if (last != null && System.nanoTime() - lastAttemptNanos < RETRY_PAUSE.toNanos()) {
      throw new DatabaseUnavailableException(String.valueOf(last.getMessage()), last);
    }
    try {
      ServerAddress address = address();
      connections.migrate(address);
      openAddress = address;
      AgroalDataSource opened = connections.pool(address);
      pool = opened;
      lastFailure = null;
      return opened;
    } catch (IOException | SQLException | FlywayException failed) {
      lastAttemptNanos = System.nanoTime();
      var reason =
          new DatabaseUnavailableException("the database is away: " + failed.getMessage(), failed);
      lastFailure = reason;
      LOG.warn(reason.getMessage());
      throw reason;
    }
  }

  // An external server comes back at its address; ours must be started again, on another port. One
  // caller sees to it, the others are told at once that it is away.
  private void revive() {
    AgroalDataSource old = pool;
    if (config.url() != null || old == null || !opening.tryLock()) {
      return;
    }
    try {
      if (old == pool && !closed && !answers(old)) {
        pool = null;
        old.close();
      }
    } finally {
      opening.unlock();
    }
  }

  private static boolean answers(AgroalDataSource pool) {
    try (Connection connection = pool.getConnection()) {
      return connection.isValid(ConnectionFactory.VALIDATION_SECONDS);
    } catch (SQLException gone) {
      LOG.debug("the embedded server is gone", gone);
      return false;
    }
  }

  private ServerAddress address() throws IOException {
    if (config.url() != null) {
      return ServerAddress.parse(config.url());
    }
    EmbeddedServer ours = server == null ? EmbeddedServer.at(config.directory()) : server;
    server = ours;
    return ours.start();
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
        server.leave();
      }
    } catch (IOException failed) {
      LOG.warn("PostgreSQL did not stop", failed);
    } finally {
      opening.unlock();
    }
  }
}
