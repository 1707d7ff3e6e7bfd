package dev.whetstone.app;

import dev.whetstone.training.worker.TrainerConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a trainer running beside the gateway: low in priority, started again when it ends, and gone
 * with the gateway, also when that is killed.
 */
@Singleton
final class TrainerSupervisor implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(TrainerSupervisor.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration STEADY = Duration.ofMinutes(1);
  private static final int PATIENCE_SECONDS = 20;
  private static final String SPINS = "3000";

  @Inject TrainerConfig config;

  private final Object guard = new Object();
  private @Nullable Process process;
  private boolean closed;

  /** Starts the trainer, unless the settings or a test say otherwise. */
  void start() {
    if (config.start() && JavaProcess.packaged()) {
      Thread.ofPlatform().name("whetstone-trainer-watch").daemon().start(this::watch);
    }
  }

  private void watch() {
    Duration pause = FIRST_PAUSE;
    while (true) {
      long begun = System.nanoTime();
      try {
        Process trainer = launch();
        if (trainer == null) {
          return;
        }
        int status = trainer.waitFor();
        boolean steady = System.nanoTime() - begun > STEADY.toNanos();
        pause = steady ? FIRST_PAUSE : pause;
        synchronized (guard) {
          if (closed) {
            return;
          }
        }
        LOG.warnf("the trainer ended with %d; it is started again in %s", status, pause);
        Thread.sleep(pause);
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
      } catch (IOException unusable) {
        LOG.error("the trainer cannot be started; votes wait", unusable);
        return;
      } catch (InterruptedException stopped) {
        return;
      }
    }
  }

  private @Nullable Process launch() throws IOException {
    synchronized (guard) {
      if (closed) {
        return null;
      }
      ProcessBuilder trainer =
          JavaProcess.nice(
              JavaProcess.of(List.of("-Xmx1g", "-XX:+UseSerialGC"), "trainer", "--with-parent"));
      // PyTorch's threads wait by spinning: long, where the gateway needs the processor
      trainer.environment().putIfAbsent("GOMP_SPINCOUNT", SPINS);
      trainer.redirectOutput(ProcessBuilder.Redirect.INHERIT);
      trainer.redirectError(ProcessBuilder.Redirect.INHERIT);
      Process started = trainer.start();
      process = started;
      return started;
    }
  }

  /** Ends the trainer; a run it is in the middle of goes on after the next start. */
  @Override
  public void close() {
    Process last;
    synchronized (guard) {
      closed = true;
      last = process;
    }
    if (last == null) {
      return;
    }
    try {
      last.getOutputStream().close();
      if (!last.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        // gone for sure, or it would still count as a user of the database
        last.destroyForcibly().waitFor();
      }
    } catch (IOException gone) {
      last.destroyForcibly();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      last.destroyForcibly();
    }
  }
}
