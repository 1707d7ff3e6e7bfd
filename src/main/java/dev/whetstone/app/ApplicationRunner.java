package dev.whetstone.app;

import io.quarkus.runtime.Quarkus;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the application until it is told to stop. SIGTERM and SIGINT stop it before the JVM begins
 * to end: ONNX Runtime has a shutdown hook that frees what the engine still runs on while requests
 * drain, and the JVM's hooks have no order. Quarkus takes these signals in native images alone.
 */
public final class ApplicationRunner {
  private static final Logger LOG = Logger.getLogger(ApplicationRunner.class);
  private static final int SIGNALLED = 128;

  private int status;

  private ApplicationRunner() {}

  /** Returns the exit code once everything has stopped. */
  public static int run() {
    for (String signal : List.of("TERM", "INT")) {
      SignalHandler.on(signal, number -> Quarkus.asyncExit(SIGNALLED + number));
    }
    ApplicationRunner server = new ApplicationRunner();
    Quarkus.run(null, server::ended);
    return server.status;
  }

  private void ended(Integer code, @Nullable Throwable failure) {
    if (failure != null) {
      LOG.error("the application failed", failure);
    }
    status = code;
  }
}
