package dev.whetstone.serving;

import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.policy.AdapterCache;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes what is served to disk and database, on every change and from time to time. It does so on
 * its own thread after the swap, so that no swap waits for either.
 */
final class ServingStateReporter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ServingStateReporter.class);
  private static final Duration REPORT_INTERVAL = Duration.ofSeconds(30);

  /** Least time between two reports: of several changes within it only the last is reported. */
  private static final Duration MIN_INTERVAL = Duration.ofSeconds(1);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final AdapterCache cache;
  private final GatewayStatusStore statusStore;
  private final String gateway;
  private final InstantSource clock;
  // A queue of one: a report holds the newest state, so it replaces one that still waits.
  private final ExecutorService writer =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(1),
          Thread.ofVirtual().name("whetstone-notes").factory(),
          new ThreadPoolExecutor.DiscardOldestPolicy());
  private final CountDownLatch closing = new CountDownLatch(1);
  private @Nullable String reported;
  private Instant reportedAt = Instant.MIN;

  /**
   * Creates a reporter.
   *
   * @param gateway name of this process, unique in the cluster
   */
  ServingStateReporter(
      AdapterCache cache, GatewayStatusStore statusStore, String gateway, InstantSource clock) {
    this.cache = cache;
    this.statusStore = statusStore;
    this.gateway = gateway;
    this.clock = clock;
  }

  /**
   * Reports what is served, unless the same was reported lately; one caller at a time.
   *
   * @param problem why it is not what the aliases say, or null
   */
  void report(ServingSnapshot serving, @Nullable String problem) {
    String now = serving.revision() + " " + serving.champion().hash() + " " + problem;
    Instant time = clock.instant();
    if (!Objects.equals(now, reported) || time.isAfter(reportedAt.plus(REPORT_INTERVAL))) {
      reported = now;
      reportedAt = time;
      writer.execute(() -> writeThenPause(serving, problem));
    }
  }

  private void writeThenPause(ServingSnapshot serving, @Nullable String problem) {
    write(serving, problem);
    try {
      var _ = closing.await(MIN_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(ServingSnapshot serving, @Nullable String problem) {
    serving.policies().forEach(cache::store);
    cache.recordServed(serving.champion());
    try {
      statusStore.save(gateway, serving, problem);
    } catch (DatabaseUnavailableException | DatabaseException failed) {
      LOG.debugf("the serving state could not be reported: %s", failed.getMessage());
    }
  }

  /** Waits for the last report. */
  @Override
  public void close() {
    closing.countDown();
    writer.shutdown();
    try {
      if (!writer.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("the serving state could not be reported before the shutdown");
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
