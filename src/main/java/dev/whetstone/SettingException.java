package dev.whetstone;

/** A setting or argument nobody can work with; the message names it and what it may be. */
final class SettingException extends RuntimeException {
  SettingException(String message) {
    super(message);
  }
}
