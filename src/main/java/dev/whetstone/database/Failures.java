package dev.whetstone.database;

import dev.whetstone.database.server.UnusableServerException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;

/** What the errors of PostgreSQL and of its driver mean to a caller. */
final class Failures {
  private static final String TOO_MANY_CONNECTIONS = "53300";
  private static final String NOT_PERMITTED = "42501";

  private Failures() {}

  /**
   * The error of the server itself. The driver's message for a batch holds the statement with all
   * its values, which are users' texts and do not belong into a log.
   */
  static SQLException withoutValues(SQLException failed) {
    return failed instanceof BatchUpdateException && failed.getCause() instanceof SQLException cause
        ? cause
        : failed;
  }

  /** Whether PostgreSQL aborted a transaction that would succeed if it ran again. */
  static boolean isSerializationFailure(SQLException failed) {
    return "40001".equals(failed.getSQLState()) || "40P01".equals(failed.getSQLState());
  }

  /** Whether the server is well, and takes no more connections. */
  static boolean isTooManyConnections(SQLException failed) {
    return TOO_MANY_CONNECTIONS.equals(failed.getSQLState());
  }

  /** Whether the server cannot be used, whatever the statement was. */
  static boolean isUnreachable(SQLException failed) {
    String state = failed.getSQLState();
    return state == null
        || state.startsWith("08")
        || state.startsWith("57P")
        || state.startsWith("53");
  }

  /** Why the database could not be opened, and what to do about it where something can be. */
  static DatabaseUnavailableException whyNotOpened(Exception failed) {
    if (failed instanceof UnusableServerException unusable) {
      return new DatabaseUnusableException(String.valueOf(unusable.getMessage()), unusable);
    }
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException refused && NOT_PERMITTED.equals(refused.getSQLState())) {
        return new DatabaseUnusableException(
            "the database's user lacks a right that Whetstone needs: "
                + refused.getMessage()
                + ". Give it CREATEROLE, or, as an administrator of the server: CREATE ROLE "
                + ApplicationRole.NAME
                + " (where there is none), and GRANT "
                + ApplicationRole.NAME
                + " TO that user WITH ADMIN OPTION; it must own the database",
            failed);
      }
    }
    return new DatabaseUnavailableException(
        "the database is unavailable: " + failed.getMessage(), failed);
  }
}
