package dev.whetstone.text;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Runs long native calls of virtual threads on platform threads. A native call keeps the carrier of
 * its virtual thread, and with all few carriers kept no other request would go on; the system
 * shares the processors among platform threads.
 */
final class OffCarrier implements AutoCloseable {
  /** Shorter texts take less time than the way to another thread and back. */
  private static final int SHORT = 4_096;

  private final ExecutorService threads;

  OffCarrier() {
    this.threads =
        Executors.newFixedThreadPool(
            Runtime.getRuntime().availableProcessors(),
            Thread.ofPlatform().name("tokenizer-", 0).daemon().factory());
  }

  /**
   * Runs work, here where it is short or this is a platform thread.
   *
   * @param length of the text that it reads
   */
  <T> T run(int length, Supplier<T> work) {
    if (length < SHORT || !Thread.currentThread().isVirtual()) {
      return work.get();
    }
    Future<T> running = threads.submit(work::get);
    try {
      return running.get();
    } catch (InterruptedException stopped) {
      running.cancel(false);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a text was tokenised", stopped);
    } catch (ExecutionException failed) {
      switch (failed.getCause()) {
        case RuntimeException own -> throw own;
        case Error own -> throw own;
        case null, default -> throw new IllegalStateException(failed);
      }
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
