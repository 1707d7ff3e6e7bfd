package dev.whetstone.app;

import io.quarkus.arc.Arc;
import io.quarkus.arc.ArcContainer;
import io.quarkus.runtime.Quarkus;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the application until SIGTERM or SIGINT, and stops it before the JVM shuts down: ONNX
 * Runtime has a shutdown hook that frees memory the engine still uses while requests drain, and the
 * JVM runs its hooks in no order. Quarkus itself handles these signals only in native images.
 */
public final class ApplicationRunner {
  private static final Logger LOG = Logger.getLogger(ApplicationRunner.class);
  private static final int SIGNAL_EXIT_BASE = 128;
  private static final Duration EXIT_RETRY = Duration.ofMillis(200);

  private int exitCode;

  private ApplicationRunner() {}

  /**
   * Blocks until everything has stopped, and returns the exit code.
   *
   * @param configuration settings of this process, which take precedence over the environment's
   */
  public static int run(Map<String, String> configuration) {
    FatalErrors.install();
    configuration.forEach(System::setProperty);
    for (String signal : List.of("TERM", "INT")) {
      SignalHandler.on(signal, number -> stop(SIGNAL_EXIT_BASE + number));
    }
    ApplicationRunner runner = new ApplicationRunner();
    Quarkus.run(null, runner::onExit);
    return runner.exitCode;
  }

  /** Lets running requests end, and then the application; at the second call, at once. */
  private static void stop(int code) {
    try {
      ArcContainer beans = Arc.container();
      if (beans != null && beans.isRunning()) {
        beans.instance(ApplicationLifecycle.class).get().drain();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException unready) {
      LOG.warn("running requests could not be waited for", unready);
    }
    Quarkus.asyncExit(code);
  }

  /** Ends the application in order once standard input, a pipe from the parent process, ends. */
  public static void exitWithParent() {
    Thread.ofPlatform().name("whetstone-parent").daemon().start(ApplicationRunner::awaitParent);
  }

  // The pipe ends with the parent, even if that is killed.
  private static void awaitParent() {
    try {
      while (System.in.read() >= 0) {
        // the parent writes nothing
      }
    } catch (IOException closed) {
      // means the same as the end of the pipe
    }
    // repeated, because Quarkus ignores a request to exit before the application runs
    while (!Thread.currentThread().isInterrupted()) {
      stop(0);
      LockSupport.parkNanos(EXIT_RETRY.toNanos());
    }
  }

  private void onExit(Integer code, @Nullable Throwable failure) {
    if (failure != null) {
      LOG.error("the application failed", failure);
    }
    exitCode = code;
  }
}
