package dev.whetstone.database.server;

import java.io.IOException;

/** PostgreSQL cannot be started or used from here as it is set up, however often it is tried. */
public final class UnusableServerException extends IOException {
  public UnusableServerException(String message) {
    super(message);
  }
}
