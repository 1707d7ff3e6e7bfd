package dev.whetstone.database;

import java.sql.SQLException;

/** The database refused a statement. */
public final class DatabaseException extends RuntimeException {
  private final String state;

  DatabaseException(SQLException cause) {
    super(cause.getMessage(), cause);
    this.state = cause.getSQLState() == null ? "" : cause.getSQLState();
  }

  /** The SQLSTATE, as in {@code 23505} for a violated uniqueness. */
  public String state() {
    return state;
  }
}
