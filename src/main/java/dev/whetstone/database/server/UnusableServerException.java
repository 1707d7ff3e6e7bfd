package dev.whetstone.database.server;

import java.io.IOException;

/** PostgreSQL cannot be started from this folder or by this user, however often it is tried. */
public final class UnusableServerException extends IOException {
  UnusableServerException(String message) {
    super(message);
  }
}
