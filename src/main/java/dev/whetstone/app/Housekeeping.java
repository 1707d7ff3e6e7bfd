package dev.whetstone.app;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.RetentionSweeper;
import dev.whetstone.database.server.ServerLog;
import dev.whetstone.preference.PairRetention;
import dev.whetstone.security.SessionRetention;
import dev.whetstone.training.ScoreRetention;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Keeps what grows by itself within bounds: in the database, the embedded server's log and what
 * killed processes leave.
 */
@Singleton
final class Housekeeping implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Housekeeping.class);
  private static final Duration LOG_CHECK = Duration.ofSeconds(10);
  private static final int ROUNDS_BETWEEN_LEFTOVERS = 60;

  private final AppSettings settings;
  private final RetentionConfig config;
  private final InstantSource clock;
  private final RetentionSweeper sweeper;
  private final CountDownLatch closed = new CountDownLatch(1);

  @Inject
  Housekeeping(
      AppSettings settings, RetentionConfig config, Database database, InstantSource clock) {
    this.settings = settings;
    this.config = config;
    this.clock = clock;
    this.sweeper =
        new RetentionSweeper(
            database,
            clock,
            List.of(
                PairRetention.sweep(config.expiredPairs()),
                ScoreRetention.sweep(config.runScores()),
                SessionRetention.sweep(config.sessions()),
                Audit.sweep(config.audit(), config.sessions(), config.maxSignIns())));
  }

  void start() {
    sweeper.start();
    Thread.ofPlatform().daemon().name("whetstone-files").start(this::tidy);
  }

  private void tidy() {
    ServerLog log = new ServerLog(settings.databaseConfig().directory());
    try {
      int round = 0;
      do {
        if (round++ % ROUNDS_BETWEEN_LEFTOVERS == 0) {
          Leftovers.delete(settings.home(), clock.instant());
        }
        if (settings.databaseUrl() == null) {
          bound(log);
        }
      } while (!closed.await(LOG_CHECK.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void bound(ServerLog log) {
    try {
      log.bound(config.serverLog().asLongValue());
    } catch (IOException failed) {
      LOG.warnf("PostgreSQL's log could not be shortened: %s", failed.getMessage());
    }
  }

  @Override
  public void close() {
    sweeper.close();
    closed.countDown();
  }
}
