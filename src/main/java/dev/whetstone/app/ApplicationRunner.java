package dev.whetstone.app;

import io.quarkus.runtime.Quarkus;
import java.util.List;
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

  private int exitCode;

  private ApplicationRunner() {}

  /** Blocks until everything has stopped, and returns the exit code. */
  public static int run() {
    for (String signal : List.of("TERM", "INT")) {
      SignalHandler.on(signal, number -> Quarkus.asyncExit(SIGNAL_EXIT_BASE + number));
    }
    ApplicationRunner runner = new ApplicationRunner();
    Quarkus.run(null, runner::onExit);
    return runner.exitCode;
  }

  private void onExit(Integer code, @Nullable Throwable failure) {
    if (failure != null) {
      LOG.error("the application failed", failure);
    }
    exitCode = code;
  }
}
