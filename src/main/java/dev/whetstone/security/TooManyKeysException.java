package dev.whetstone.security;

/** Refuses one more key: those that are valid have reached their bound. */
public final class TooManyKeysException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TooManyKeysException(long valid) {
    super("there are %d valid keys, the most that there can be; revoke one first".formatted(valid));
  }
}
