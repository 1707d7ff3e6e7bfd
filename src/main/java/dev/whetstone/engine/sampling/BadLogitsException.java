package dev.whetstone.engine.sampling;

/** A row of logits that is not a distribution: NaN, infinite, or nothing finite. */
public final class BadLogitsException extends RuntimeException {
  BadLogitsException(String message) {
    super(message);
  }
}
