package dev.whetstone.database;

import java.sql.SQLException;

/** The database rejected a statement. */
public final class DatabaseException extends RuntimeException {
  /** The SQLSTATE of a text that holds U+0000. */
  public static final String UNTRANSLATABLE_TEXT = "22021";

  /** The SQLSTATE of a JSON text that holds U+0000 escaped. */
  public static final String UNTRANSLATABLE_ESCAPE = "22P05";

  /** The SQLSTATE of a statement that ran into its timeout. */
  public static final String TIMED_OUT = "57014";

  private final String sqlState;

  DatabaseException(SQLException cause) {
    super(cause.getMessage(), cause);
    this.sqlState = cause.getSQLState() == null ? "" : cause.getSQLState();
  }

  /** The SQLSTATE, such as {@code 23505} for a unique violation; empty when there is none. */
  public String sqlState() {
    return sqlState;
  }
}
