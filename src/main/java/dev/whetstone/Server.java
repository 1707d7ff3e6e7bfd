package dev.whetstone;

import io.quarkus.runtime.Quarkus;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs the application until it is told to stop. A signal stops it before the JVM begins to end:
 * ONNX Runtime has a shutdown hook that frees what the engine still runs on while requests drain,
 * and the JVM's hooks have no order.
 */
final class Server {
  private static final Logger LOG = Logger.getLogger(Server.class);

  private final Thread main = Thread.currentThread();
  private volatile int status;

  private Server() {}

  /** Returns the exit code once everything has stopped. */
  static int run() {
    Server server = new Server();
    Quarkus.run(null, server::exit);
    return server.status;
  }

  // Called by the signal's thread to begin the end, and by this thread when all has ended.
  private void exit(Integer code, @Nullable Throwable failure) {
    if (failure != null) {
      LOG.error("the application failed", failure);
    }
    if (Thread.currentThread() == main) {
      status = code;
    } else {
      Quarkus.asyncExit(code);
    }
  }
}
