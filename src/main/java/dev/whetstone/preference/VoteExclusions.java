package dev.whetstone.preference;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * Votes that an operator took out of pool and parts: one, or all of a key, of a user or with a tag,
 * those to come included. They come back when the exclusion is removed.
 */
public final class VoteExclusions {
  /** What an exclusion names. */
  public enum Kind implements Labelled {
    ID,
    KEY,
    USER,
    TAG
  }

  /**
   * An exclusion.
   *
   * @param value id of a vote or key, name of a user, or a tag
   */
  public record Exclusion(
      String id, Kind kind, String value, String reason, String actor, Instant createdAt) {}

  private final Database database;

  public VoteExclusions(Database database) {
    this.database = database;
  }

  /** Excludes votes; when they are excluded already, only the reason changes. */
  public Exclusion add(Kind kind, String value, String reason, String actor) {
    return database.transaction(
        connection -> {
          Exclusion added =
              Sql.first(
                      connection,
                      VoteExclusions::exclusion,
                      """
                      INSERT INTO exclusions (kind, value, reason, actor) VALUES (?, ?, ?, ?)
                      ON CONFLICT (kind, value) DO UPDATE SET reason = excluded.reason
                      RETURNING *
                      """,
                      EnumNames.of(kind),
                      value,
                      reason,
                      actor)
                  .orElseThrow();
          audit(connection, actor, "exclude votes", kind, value, reason);
          return added;
        });
  }

  /** Takes votes back; false when they were not excluded. */
  public boolean remove(Kind kind, String value, String reason, String actor) {
    return database.transaction(
        connection -> {
          boolean removed =
              Sql.update(
                      connection,
                      "DELETE FROM exclusions WHERE kind = ? AND value = ?",
                      EnumNames.of(kind),
                      value)
                  > 0;
          if (removed) {
            audit(connection, actor, "include votes", kind, value, reason);
          }
          return removed;
        });
  }

  /** All exclusions, newest first, at most {@code limit}. */
  public List<Exclusion> list(int limit) {
    return database.list(
        VoteExclusions::exclusion,
        "SELECT * FROM exclusions ORDER BY created_at DESC, exclusion_id LIMIT ?",
        limit);
  }

  private static void audit(
      Connection connection, String actor, String action, Kind kind, String value, String reason)
      throws SQLException {
    Audit.record(
        connection,
        actor,
        action,
        EnumNames.of(kind) + " " + value,
        null,
        JsonNodeFactory.instance.objectNode().put("reason", reason).toString());
  }

  private static Exclusion exclusion(ResultSet row) throws SQLException {
    return new Exclusion(
        row.getString("exclusion_id"),
        EnumNames.parse("kind", row.getString("kind"), Kind.values()),
        row.getString("value"),
        row.getString("reason"),
        row.getString("actor"),
        Sql.instant(row, "created_at"));
  }
}
