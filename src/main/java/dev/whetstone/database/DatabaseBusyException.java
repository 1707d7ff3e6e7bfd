package dev.whetstone.database;

/** The database answers, but all connections are in use; the same call may succeed soon. */
public final class DatabaseBusyException extends DatabaseUnavailableException {
  DatabaseBusyException(String message) {
    super(message);
  }
}
