package dev.whetstone.text;

import java.io.Serial;

/** A chat template that cannot be read, or that refuses the conversation; the message says why. */
public final class TemplateException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public TemplateException(String message) {
    super(message);
  }
}
