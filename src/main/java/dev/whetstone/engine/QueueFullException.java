package dev.whetstone.engine;

import java.time.Duration;

/** Too many requests or prompt tokens wait already. */
public final class QueueFullException extends RuntimeException {
  private final Duration retryAfter;

  public QueueFullException(String message, Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** Estimate of when there is room again, whole seconds, at least one. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
