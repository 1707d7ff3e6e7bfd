package dev.whetstone.database;

import java.time.Duration;

/** Tries work again while the database is unavailable, or slow for a moment. */
public final class DatabaseRetry {
  private DatabaseRetry() {}

  /** Whether the same call may succeed a moment later: no answer, or none in time. */
  public static boolean isMomentary(RuntimeException failed) {
    return failed instanceof DatabaseUnavailableException
        || (failed instanceof DatabaseException refused
            && refused.sqlState().equals(DatabaseException.TIMED_OUT));
  }

  /**
   * Runs work until it succeeds.
   *
   * @throws RuntimeException its failure, after so many tries or where no further one would help
   */
  public static void run(int tries, Duration pause, Runnable work) {
    for (int attempt = 1; ; attempt++) {
      try {
        work.run();
        return;
      } catch (DatabaseUnavailableException | DatabaseException failed) {
        if (attempt == tries || !isMomentary(failed)) {
          throw failed;
        }
        try {
          Thread.sleep(pause);
        } catch (InterruptedException stopped) {
          Thread.currentThread().interrupt();
          throw failed;
        }
      }
    }
  }
}
