package dev.whetstone.database;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
 * The connections to PostgreSQL: opens them on first use and again after the database was
 * unavailable, for which it starts the embedded server and migrates the schema. Any thread may call
 * it.
 *
 * <p>How it works: {@code pool} is null until the database is open, and again once the embedded
 * server is found dead; whoever finds it null opens. The lock {@code opening} guards the server,
 * the pause between tries, and {@code closed}; only its holder sets {@code pool}. Others read the
 * volatile fields without it. After a failure nobody tries before the pause is over, which doubles
 * up to 15 s: callers get the last failure at once.
 */
final class ConnectionPool implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ConnectionPool.class);
  private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);
  private static final Duration MAX_RETRY_PAUSE = Duration.ofSeconds(15);
  // A migration of a large log may take long.
  private static final Duration OPENING_LIMIT = Duration.ofDays(1);

  private final DatabaseConfig config;
  private final ConnectionFactory connections;
  // Held while the server is started, joined or dropped, which may take a minute. Callers that only
  // want a connection wait for it no longer than acquireTimeout.
  private final ReentrantLock opening = new ReentrantLock();
  private volatile @Nullable AgroalDataSource pool;
  private volatile @Nullable DatabaseUnavailableException lastFailure;
  private volatile @Nullable ServerAddress openAddress;

  @GuardedBy("opening")
  private @Nullable EmbeddedServer server;

  @GuardedBy("opening")
  private Duration retryPause = RETRY_PAUSE;

  @GuardedBy("opening")
  private long lastAttemptNanos = System.nanoTime() - RETRY_PAUSE.toNanos();

  @GuardedBy("opening")
  private boolean closed;

  ConnectionPool(DatabaseConfig config) {
    this.config = config;
    this.connections = new ConnectionFactory(config);
  }

  /**
   * The pool, opened where it is not.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  AgroalDataSource open() {
    AgroalDataSource open = pool;
    return open == null ? openOrWait(config.acquireTimeout()) : open;
  }

  /**
   * As {@link #open}, but waits for another opener to the end.
   *
   * @throws DatabaseUnavailableException when the database cannot be reached
   */
  void awaitOpen() {
    if (pool == null) {
      openOrWait(OPENING_LIMIT);
    }
  }

  /** Whether a pool that was open at some time still is. */
  boolean isOpen(@Nullable AgroalDataSource before) {
    return before != null && before == pool;
  }

  /** The open pool; null where there is none. */
  @Nullable AgroalDataSource current() {
    return pool;
  }

  /** The last use succeeded. */
  void reportAvailable() {
    lastFailure = null;
  }

  /** A use failed, though perhaps the connection did not. */
  void reportUnavailable(DatabaseUnavailableException failure) {
    lastFailure = failure;
  }

  /** Why the last use could not reach the server; empty when it succeeded. */
  Optional<String> unavailableReason() {
    DatabaseUnavailableException last = lastFailure;
    return last == null ? Optional.empty() : Optional.ofNullable(last.getMessage());
  }

  /** Opens a connection outside the pool. */
  Connection connectUnpooled(String name) throws SQLException {
    open();
    ServerAddress address = openAddress;
    if (address == null) {
      throw new DatabaseUnavailableException("the database is closed");
    }
    return connections.connectUnpooled(address, name);
  }

  /** The exception of a connection that broke, or could not be had. */
  DatabaseUnavailableException unavailable(SQLException failed) {
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

  private AgroalDataSource openOrWait(Duration wait) {
    boolean locked = false;
    try {
      locked = opening.tryLock(wait.toMillis(), TimeUnit.MILLISECONDS);
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
      DatabaseUnavailableException reason = Failures.whyNotOpened(failed);
      lastFailure = reason;
      LOG.warn(reason.getMessage());
      throw reason;
    }
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

  private boolean answers() {
    ServerAddress address = openAddress;
    return address != null && failureOf(address).isEmpty();
  }

  // On a connection of its own: the pool may be exhausted while the server is well.
  private Optional<SQLException> failureOf(ServerAddress address) {
    try (Connection connection = connections.connectUnpooled(address, "whetstone-probe")) {
      return connection.isValid(ConnectionFactory.VALIDATION_SECONDS)
          ? Optional.empty()
          : Optional.of(new SQLException("the database does not answer", "08006"));
    } catch (SQLException failed) {
      LOG.debug("the database does not take a connection", failed);
      return Failures.isTooManyConnections(failed) ? Optional.empty() : Optional.of(failed);
    }
  }

  /**
   * Asks the server for an answer, on a connection of its own, unless it was never opened: that is
   * for its users to do.
   *
   * @return why it does not answer; empty when it does
   */
  Optional<String> probe() {
    ServerAddress address = openAddress;
    if (pool == null || address == null) {
      return Optional.of(unavailableReason().orElse("the database is not open yet"));
    }
    Optional<SQLException> failure = failureOf(address);
    if (failure.isEmpty()) {
      lastFailure = null;
    }
    return failure.map(failed -> String.valueOf(unavailable(failed).getMessage()));
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
