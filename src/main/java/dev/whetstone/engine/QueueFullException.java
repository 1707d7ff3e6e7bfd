package dev.whetstone.engine;

import java.time.Duration;

/** Too many requests or prompt tokens are already waiting. */
public final class QueueFullException extends RuntimeException {
  private final Duration retryAfter;

  public QueueFullException(String message, Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** Estimated time until the queue accepts requests again: whole seconds, at least one. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
