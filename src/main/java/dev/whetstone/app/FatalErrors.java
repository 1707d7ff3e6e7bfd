package dev.whetstone.app;

import io.quarkus.runtime.Quarkus;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.jboss.logging.Logger;

/**
 * Ends the process when one of its own threads ends by what it did not catch. Such a thread (the
 * engine, a leader, a poller) is never started again, so a process without it would look healthy
 * and do nothing. Threads of libraries are logged only.
 */
final class FatalErrors implements Thread.UncaughtExceptionHandler {
  /** Exit code of a process that ended itself (EX_SOFTWARE of sysexits.h). */
  static final int EXIT_CODE = 70;

  private static final Logger LOG = Logger.getLogger(FatalErrors.class);
  private static final String OWN_THREADS = "whetstone-";
  private static final Duration ORDERLY_END = Duration.ofSeconds(20);

  private final IntConsumer exit;
  private final IntConsumer halt;
  private final Duration patience;

  /**
   * @param exit begins an orderly end with an exit code
   * @param halt ends the process at once, after {@code patience} or where {@code exit} fails
   */
  FatalErrors(IntConsumer exit, IntConsumer halt, Duration patience) {
    this.exit = exit;
    this.halt = halt;
    this.patience = patience;
  }

  /** Handles what no thread of this process catches, from now on. */
  static void install() {
    Thread.setDefaultUncaughtExceptionHandler(
        new FatalErrors(Quarkus::asyncExit, Runtime.getRuntime()::halt, ORDERLY_END));
  }

  @Override
  public void uncaughtException(Thread thread, Throwable thrown) {
    if (!thread.getName().startsWith(OWN_THREADS)) {
      LOG.errorf(thrown, "thread %s ended", thread.getName());
      return;
    }
    try {
      Thread.ofPlatform().name("halt").daemon().start(this::haltLater);
      LOG.fatalf(
          thrown,
          "thread %s ended: the process ends with code %d, because it cannot go on without it",
          thread.getName(),
          EXIT_CODE);
      exit.accept(EXIT_CODE);
    } catch (RuntimeException | Error unable) {
      halt.accept(EXIT_CODE);
    }
  }

  private void haltLater() {
    try {
      Thread.sleep(patience);
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
    halt.accept(EXIT_CODE);
  }
}
