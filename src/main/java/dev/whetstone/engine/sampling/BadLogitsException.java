package dev.whetstone.engine.sampling;

/** The model computed something that is not a distribution. */
public final class BadLogitsException extends RuntimeException {
  BadLogitsException(String message) {
    super(message);
  }
}
