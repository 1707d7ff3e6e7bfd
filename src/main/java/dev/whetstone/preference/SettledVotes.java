package dev.whetstone.preference;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * How far the log of votes is settled. Votes take their positions in another order than they are
 * committed in; up to the settled position none is still to come, so that a reader who goes on from
 * there passes over none. The position must be read in a statement of its own, before the votes.
 */
public final class SettledVotes {
  private static final String POSITION = "SELECT settled_votes()";

  private SettledVotes() {}

  /** The position up to which all votes are committed, or will never be. */
  public static long position(Database database) {
    return database.statement(SettledVotes::position);
  }

  /** The position, read in a transaction whose next statement sees all votes up to it. */
  static long position(Connection connection) throws SQLException {
    return Sql.first(connection, row -> row.getLong(1), POSITION).orElseThrow();
  }
}
