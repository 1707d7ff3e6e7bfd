package dev.whetstone.security;

import dev.whetstone.database.DatabaseUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Refreshes a cache from the database every few seconds on a thread of its own. Each refresh also
 * stores when the cache's entries were last used. Thread-safe: one refresh runs at a time.
 */
final class CacheRefresher {
  /**
   * What the log says.
   *
   * @param unavailable when a refresh found no database
   * @param failed when a refresh failed otherwise
   * @param notStored when the last uses cannot be stored at the end
   */
  record Messages(String unavailable, String failed, String notStored) {}

  private final String thread;
  private final Logger log;
  private final Messages messages;
  private final Runnable read;
  private final Consumer<Map<String, Instant>> store;
  private final Map<String, Instant> lastUses = new ConcurrentHashMap<>();
  private @Nullable Thread running;

  /**
   * @param thread name of the thread
   * @param log the cache's own
   * @param read reads the entries anew
   * @param store stores when entries were last used, by their ids
   */
  CacheRefresher(
      String thread,
      Logger log,
      Messages messages,
      Runnable read,
      Consumer<Map<String, Instant>> store) {
    this.thread = thread;
    this.log = log;
    this.messages = messages;
    this.read = read;
    this.store = store;
  }

  /** Refreshes now and after every period, until closed. */
  synchronized void start(Duration period) {
    running =
        Thread.ofPlatform()
            .name(thread)
            .daemon()
            .start(
                () -> {
                  while (!Thread.currentThread().isInterrupted()) {
                    refreshOrLog();
                    LockSupport.parkNanos(period.toNanos());
                  }
                });
  }

  private void refreshOrLog() {
    try {
      refresh();
    } catch (DatabaseUnavailableException unavailable) {
      log.debug(messages.unavailable(), unavailable);
    } catch (RuntimeException failed) {
      log.error(messages.failed(), failed);
    }
  }

  /** Reads the entries and stores their last uses. */
  synchronized void refresh() {
    read.run();
    storeLastUses();
  }

  /** Notes that an entry was used; the next refresh stores it. */
  void used(String id, Instant at) {
    lastUses.put(id, at);
  }

  private void storeLastUses() {
    Map<String, Instant> taken = Map.copyOf(lastUses);
    if (!taken.isEmpty()) {
      store.accept(taken);
      // A use since the copy was taken has another time, so it stays for the next refresh.
      taken.forEach(lastUses::remove);
    }
  }

  /** Stores the last uses and stops refreshing. */
  synchronized void close() {
    Thread ending = running;
    if (ending != null) {
      ending.interrupt();
    }
    try {
      storeLastUses();
    } catch (RuntimeException failed) {
      log.debug(messages.notStored(), failed);
    }
  }
}
