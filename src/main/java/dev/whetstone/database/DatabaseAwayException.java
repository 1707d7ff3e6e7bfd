package dev.whetstone.database;

/** The database cannot be reached now; the same call may succeed later. */
public final class DatabaseAwayException extends RuntimeException {
  public DatabaseAwayException(String message, Throwable cause) {
    super(message, cause);
  }

  public DatabaseAwayException(String message) {
    super(message);
  }
}
