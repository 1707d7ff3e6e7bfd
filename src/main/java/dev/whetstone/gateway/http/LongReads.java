package dev.whetstone.gateway.http;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads that go over a whole log, of which few run at once: the database's other connections stay
 * for pairs and votes.
 */
@Singleton
public final class LongReads {
  private static final int AT_ONCE = 2;
  private static final int RETRY_SECONDS = 5;

  private final Semaphore places;
  private final Duration patience;

  @Inject
  LongReads() {
    this(AT_ONCE, Duration.ofSeconds(10));
  }

  LongReads(int atOnce, Duration patience) {
    this.places = new Semaphore(atOnce, true);
    this.patience = patience;
  }

  /**
   * Reads once others have ended.
   *
   * @throws ProblemException 503 {@code busy} when they do not in time
   */
  public <T> T run(Supplier<T> read) {
    if (!isMyTurn()) {
      throw ProblemException.retryLater(
          503, "busy", "other long reads are running; try again", RETRY_SECONDS);
    }
    try {
      return read.get();
    } finally {
      places.release();
    }
  }

  private boolean isMyTurn() {
    try {
      return places.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
