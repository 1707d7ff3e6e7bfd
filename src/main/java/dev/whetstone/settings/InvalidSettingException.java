package dev.whetstone.settings;

/** A setting or argument that cannot be used; the message names it and what it may be. */
public final class InvalidSettingException extends RuntimeException {
  public InvalidSettingException(String message) {
    super(message);
  }
}
