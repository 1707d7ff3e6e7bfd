package dev.whetstone.weights;

import java.io.Serial;

/** A model file or configuration that cannot be used; the message says which part and why. */
public final class ModelFormatException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public ModelFormatException(String message) {
    super(message);
  }

  public ModelFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
