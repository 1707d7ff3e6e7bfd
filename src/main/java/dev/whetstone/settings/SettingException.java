package dev.whetstone.settings;

/** A setting or argument nobody can work with; the message names it and what it may be. */
public final class SettingException extends RuntimeException {
  public SettingException(String message) {
    super(message);
  }
}
