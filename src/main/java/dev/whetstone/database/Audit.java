package dev.whetstone.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who did what, when, to what; the application's role may add to it and read it, nothing else. An
 * entry is written in the transaction of the deed, so that neither is there without the other.
 */
public final class Audit {
  private static final String INSERT =
      "INSERT INTO audit (actor, action, subject, version, detail) VALUES (?, ?, ?, ?, ?::jsonb)";

  private static final String PAGE =
      """
      SELECT audit_id, at, actor, action, subject, version, detail FROM audit
      WHERE audit_id < ? ORDER BY audit_id DESC LIMIT ?
      """;

  /**
   * What is known of a deed.
   *
   * @param actor the key, or the process that acted by itself
   * @param version the policy version concerned
   * @param detail a JSON object
   */
  public record Entry(
      long id,
      Instant at,
      String actor,
      String action,
      String subject,
      @Nullable String version,
      String detail) {}

  private Audit() {}

  /**
   * Adds an entry to the transaction of the deed.
   *
   * @param detail a JSON object
   */
  public static void record(
      Connection connection,
      String actor,
      String action,
      String subject,
      @Nullable String version,
      String detail)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, actor);
      insert.setString(2, action);
      insert.setString(3, subject);
      insert.setString(4, version);
      insert.setString(5, detail);
      insert.executeUpdate();
    }
  }

  /** The newest entries older than one, the newest first. */
  public static List<Entry> before(Connection connection, long id, int most) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(PAGE)) {
      select.setLong(1, id);
      select.setInt(2, most);
      try (ResultSet row = select.executeQuery()) {
        List<Entry> page = new ArrayList<>();
        while (row.next()) {
          page.add(
              new Entry(
                  row.getLong("audit_id"),
                  row.getTimestamp("at").toInstant(),
                  row.getString("actor"),
                  row.getString("action"),
                  row.getString("subject"),
                  row.getString("version"),
                  row.getString("detail")));
        }
        return page;
      }
    }
  }
}
