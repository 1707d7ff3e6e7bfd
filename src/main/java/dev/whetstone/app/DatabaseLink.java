package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.DatabaseUnusableException;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.security.SessionCache;
import io.quarkus.runtime.Quarkus;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Opens the gateway's database in the background and keeps the keys and sessions read from it
 * fresh. Plain generation needs no database, so the start goes on without one: the first call that
 * needs it tries to open it again.
 */
@Singleton
final class DatabaseLink implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(DatabaseLink.class);
  private static final Duration FIRST_OPENING = Duration.ofMinutes(1);
  // bounds how long a revoked key is still accepted
  private static final Duration KEY_REFRESH = Duration.ofSeconds(2);

  private final Database database;
  private final ApiKeyCache keys;
  private final SessionCache sessions;
  private final CountDownLatch tried = new CountDownLatch(1);

  @Inject
  DatabaseLink(Database database, ApiKeyCache keys, SessionCache sessions) {
    this.database = database;
    this.keys = keys;
    this.sessions = sessions;
  }

  void start() {
    // first: the others would open the database too, and only one opens it at a time
    Thread.ofVirtual().name("whetstone-database").start(this::open);
    keys.start(KEY_REFRESH);
    sessions.start(KEY_REFRESH);
  }

  private void open() {
    try {
      database.open();
    } catch (DatabaseUnusableException unusable) {
      LOG.errorf("the database cannot be used, and no later try will: %s", unusable.getMessage());
      Quarkus.asyncExit(1);
    } catch (DatabaseUnavailableException unavailable) {
      LOG.warnf(
          "the database is unavailable; pairs and votes are refused until it answers: %s",
          unavailable.getMessage());
    } catch (RuntimeException unusable) {
      LOG.error("the database cannot be used; pairs and votes are refused", unusable);
    } finally {
      tried.countDown();
    }
  }

  /** Waits until the database was tried, or a minute: then single answers are served alone. */
  void await() throws InterruptedException {
    if (!tried.await(FIRST_OPENING.toNanos(), TimeUnit.NANOSECONDS)) {
      LOG.warn("the database is still being opened; pairs and votes are refused until it answers");
    }
  }

  @Override
  public void close() {
    keys.close();
    sessions.close();
    database.close();
  }
}
