package dev.whetstone.database;

import dev.whetstone.database.server.UnusableServerException;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Tells a pooler that gives each transaction another session of the server, as PgBouncer does with
 * {@code pool_mode = transaction}. Advisory locks, notifications, the role and prepared statements
 * belong to a session, so nothing that is built on them can be relied on there.
 */
final class SessionPooling {
  private static final int ROUNDS = 3;

  /** Opens a connection, as the application would. */
  @FunctionalInterface
  interface Source {
    Connection connect() throws SQLException;
  }

  private SessionPooling() {}

  /**
   * Checks that two connections that are open at once are two sessions. A pooler lends the session
   * that it got back last, so without traffic it lends the same to both.
   *
   * @throws UnusableServerException when they are one
   */
  static void require(Source source) throws SQLException, UnusableServerException {
    try (Connection one = source.connect();
        Connection other = source.connect()) {
      for (int i = 0; i < ROUNDS; i++) {
        if (session(one) == session(other)) {
          throw new UnusableServerException(
              "the database is behind a pooler that gives each transaction another session, such as"
                  + " PgBouncer with pool_mode = transaction; Whetstone needs its sessions: set"
                  + " pool_mode = session for it, or name PostgreSQL itself in"
                  + " WHETSTONE_DATABASE_URL");
        }
      }
    }
  }

  private static int session(Connection connection) throws SQLException {
    return Sql.first(connection, row -> row.getInt(1), "SELECT pg_backend_pid()").orElseThrow();
  }
}
