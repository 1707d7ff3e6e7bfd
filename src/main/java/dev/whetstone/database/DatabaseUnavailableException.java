package dev.whetstone.database;

/** The database cannot be reached; the same call may succeed later. */
public sealed class DatabaseUnavailableException extends RuntimeException
    permits DatabaseBusyException, DatabaseUnusableException {
  public DatabaseUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  public DatabaseUnavailableException(String message) {
    super(message);
  }
}
