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
 * Tells disk and database what is served, when it has changed and from time to time; after it is
 * served, so that no swap waits for them.
 */
final class ServingStateReporter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ServingStateReporter.class);
  private static final Duration REPORT_INTERVAL = Duration.ofSeconds(30);

  /** From one note to the next: what changes more often is noted as it is then. */
  private static final Duration MIN_INTERVAL = Duration.ofSeconds(1);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final AdapterCache cache;
  private final GatewayStatusStore statusStore;
  private final String gateway;
  private final InstantSource clock;
  // a note tells the newest state, so one that waits stands for all
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
   * Notes nothing yet.
   *
   * @param gateway the name of this process among the gateways
   */
  ServingStateReporter(
      AdapterCache cache, GatewayStatusStore reports, String gateway, InstantSource clock) {
    this.cache = cache;
    this.statusStore = reports;
    this.gateway = gateway;
    this.clock = clock;
  }

  /**
   * Notes what is served, unless that was done lately; one caller at a time.
   *
   * @param problem why it is not what it should be
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
    serving.policies().forEach(cache::keep);
    cache.remember(serving.champion());
    try {
      statusStore.save(gateway, serving, problem);
    } catch (DatabaseUnavailableException | DatabaseException unsaid) {
      LOG.debugf("what is served is not reported: %s", unsaid.getMessage());
    }
  }

  /** Waits for the last note. */
  @Override
  public void close() {
    closing.countDown();
    writer.shutdown();
    try {
      if (!writer.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("what is served could not be noted in time");
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
