package dev.whetstone.app;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.training.worker.TrainerConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a trainer process running beside the gateway: at a low priority, restarted when it ends.
 * The trainer exits with the gateway, even if the gateway is killed.
 */
@Singleton
final class TrainerSupervisor implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(TrainerSupervisor.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration MAX_PAUSE = Duration.ofMinutes(1);
  private static final Duration STABLE_AFTER = Duration.ofMinutes(1);
  private static final int STOP_TIMEOUT_SECONDS = 20;
  private static final String SPIN_COUNT = "3000";

  private final TrainerConfig config;
  private final AppSettings settings;

  private final Object lock = new Object();

  @GuardedBy("lock")
  private @Nullable Process process;

  @GuardedBy("lock")
  private boolean closed;

  @Inject
  TrainerSupervisor(TrainerConfig config, AppSettings settings) {
    this.config = config;
    this.settings = settings;
  }

  /** Starts the trainer, unless the settings disable it or the application is not packaged. */
  void start() {
    if (config.start() && JavaProcess.isPackaged()) {
      Thread.ofPlatform().name("whetstone-trainer-watch").daemon().start(this::superviseTrainer);
    }
  }

  private void superviseTrainer() {
    Duration pause = FIRST_PAUSE;
    while (true) {
      long begun = System.nanoTime();
      try {
        String ended = runOnce();
        if (ended == null) {
          return;
        }
        boolean stable = System.nanoTime() - begun > STABLE_AFTER.toNanos();
        pause = stable ? FIRST_PAUSE : pause;
        synchronized (lock) {
          if (closed) {
            return;
          }
        }
        LOG.warnf("the trainer %s and is started again in %s", ended, pause);
        Thread.sleep(pause);
        Duration twice = pause.multipliedBy(2);
        pause = twice.compareTo(MAX_PAUSE) > 0 ? MAX_PAUSE : twice;
      } catch (InterruptedException stopped) {
        return;
      }
    }
  }

  /** Runs the trainer and says how it ended; null when it is no longer wanted. */
  private @Nullable String runOnce() throws InterruptedException {
    try {
      Process trainer = launch();
      return trainer == null ? null : "exited with status " + trainer.waitFor();
    } catch (IOException unusable) {
      return "cannot be started (" + unusable.getMessage() + ")";
    }
  }

  private @Nullable Process launch() throws IOException {
    synchronized (lock) {
      if (closed) {
        return null;
      }
      ProcessBuilder trainer =
          JavaProcess.withLowPriority(
              JavaProcess.of(
                  JavaProcess.endOnMemoryError("-Xmx1g", "-XX:+UseSerialGC"),
                  "trainer",
                  "--with-parent"));
      trainer.environment().put("WHETSTONE_MODEL", settings.model());
      // PyTorch's threads spin while they wait, by default so long that the gateway lacks CPU time
      trainer.environment().putIfAbsent("GOMP_SPINCOUNT", SPIN_COUNT);
      trainer.redirectOutput(ProcessBuilder.Redirect.INHERIT);
      trainer.redirectError(ProcessBuilder.Redirect.INHERIT);
      Process started = trainer.start();
      process = started;
      return started;
    }
  }

  /** Stops the trainer; a run that it was executing resumes after the next start. */
  @Override
  public void close() {
    Process running;
    synchronized (lock) {
      closed = true;
      running = process;
    }
    if (running == null) {
      return;
    }
    try {
      running.getOutputStream().close();
      if (!running.waitFor(STOP_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        // wait for its end: a live trainer still counts as a user of the embedded database
        running.destroyForcibly().waitFor();
      }
    } catch (IOException unwritable) {
      running.destroyForcibly();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      running.destroyForcibly();
    }
  }
}
