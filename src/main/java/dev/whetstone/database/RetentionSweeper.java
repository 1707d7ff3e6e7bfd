package dev.whetstone.database;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Deletes what was kept long enough, in small transactions, on a thread of its own. Of several
 * processes one sweeps at a time. An Error ends the thread, and with it the process.
 */
public final class RetentionSweeper implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(RetentionSweeper.class);
  private static final Duration FIRST = Duration.ofMinutes(1);
  private static final Duration INTERVAL = Duration.ofMinutes(10);

  private static final String ENTER =
      """
      SELECT set_config('whetstone.retention', 'on', true)
      WHERE pg_try_advisory_xact_lock(hashtext('whetstone retention'))
      """;

  private final Database database;
  private final InstantSource clock;
  private final List<Sweep> sweeps;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread =
      Thread.ofPlatform().daemon().name("whetstone-retention").unstarted(this::run);

  /** Creates a sweeper that does nothing until {@link #start}. */
  public RetentionSweeper(Database database, InstantSource clock, List<Sweep> sweeps) {
    this.database = database;
    this.clock = clock;
    this.sweeps = List.copyOf(sweeps);
  }

  /** Sweeps in a minute, and every ten minutes from then on. */
  public void start() {
    thread.start();
  }

  private void run() {
    try {
      Duration pause = FIRST;
      while (!closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
        sweep();
        pause = INTERVAL;
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  /** Deletes all that is old now. What fails is told, and tried again at the next time. */
  public void sweep() {
    for (Sweep sweep : sweeps) {
      if (!sweep.retention().isPositive()) {
        continue;
      }
      try {
        int deleted = deleteAll(sweep);
        if (deleted > 0) {
          LOG.infof(
              "%d %s were deleted: they are kept for %s", deleted, sweep.what(), sweep.retention());
        }
      } catch (DatabaseUnavailableException unavailable) {
        LOG.debugf("old %s stay for now: %s", sweep.what(), unavailable.getMessage());
      } catch (RuntimeException failed) {
        LOG.warnf(failed, "old %s could not be deleted", sweep.what());
      }
    }
  }

  private int deleteAll(Sweep sweep) {
    Instant before = clock.instant().minus(sweep.retention());
    int deleted = 0;
    Sweep.Result result;
    do {
      result =
          database.transaction(
              connection -> {
                Optional<Boolean> mine = Sql.first(connection, _ -> true, ENTER);
                return mine.isPresent()
                    ? sweep.batch().delete(connection, before)
                    : new Sweep.Result(0, false);
              });
      result.afterCommit().run();
      deleted += result.deleted();
    } while (result.more() && closed.getCount() > 0);
    return deleted;
  }

  /** Ends the thread after its current batch. */
  @Override
  public void close() {
    closed.countDown();
  }
}
