package dev.whetstone.database;

/** The database can never be opened as it is set up: a person has to mend it first. */
public final class DatabaseUnusableException extends DatabaseUnavailableException {
  DatabaseUnusableException(String message, Throwable cause) {
    super(message, cause);
  }
}
