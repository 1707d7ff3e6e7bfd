package dev.whetstone.app;

import io.vertx.ext.web.Router;

/** Starts and stops what one of the two processes runs. */
interface ProcessLifecycle {
  /** The name of the process in the log. */
  String role();

  /** Adds to the routes that the build registered, before the HTTP server starts. */
  default void route(Router router) {}

  /** Starts what the process runs, without waiting for it. */
  void start();

  /** Lets running requests end, before the application stops. */
  default void drain() throws InterruptedException {}

  /** Stops what the process runs. */
  void stop() throws InterruptedException;
}
