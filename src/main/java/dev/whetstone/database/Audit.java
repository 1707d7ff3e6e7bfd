package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The audit log: who did what, when, to what. The application's database role may only insert and
 * select, and have what is old deleted. An entry is written in the transaction of the change, so
 * neither exists without the other.
 */
public final class Audit {
  private static final String INSERT =
      "INSERT INTO audit (actor, action, subject, version, detail) VALUES (?, ?, ?, ?, ?::jsonb)";

  private static final String PAGE =
      """
      SELECT audit_id, at, actor, action, subject, version, detail FROM audit
      WHERE audit_id < ? AND (?::text IS NULL OR actor = ?) AND (?::text IS NULL OR action = ?)
        AND (?::text IS NULL OR subject = ?) AND (?::text IS NULL OR version = ?)
      ORDER BY audit_id DESC LIMIT ?
      """;

  private static final int BATCH = 1_000;

  /**
   * One audited change.
   *
   * @param actor id of the key, or name of the process that acted on its own
   * @param version the policy version concerned; null where none is
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

  /** Selects entries; a null component selects all. */
  public record Filter(
      @Nullable String actor,
      @Nullable String action,
      @Nullable String subject,
      @Nullable String version) {}

  private Audit() {}

  /**
   * Adds an entry in the transaction of the change.
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
    Sql.update(connection, INSERT, actor, action, subject, version, detail);
  }

  /** At most {@code limit} entries with a smaller id than {@code id}, newest first. */
  public static List<Entry> pageBefore(Database database, long id, Filter filter, int limit) {
    return database.list(
        row ->
            new Entry(
                row.getLong("audit_id"),
                Sql.instant(row, "at"),
                row.getString("actor"),
                row.getString("action"),
                row.getString("subject"),
                row.getString("version"),
                row.getString("detail")),
        PAGE,
        id,
        filter.actor,
        filter.actor,
        filter.action,
        filter.action,
        filter.subject,
        filter.subject,
        filter.version,
        filter.version,
        limit);
  }

  /**
   * The sweep of old entries; whatever is asked for, none younger than 30 days is deleted.
   *
   * @param retention how long entries are kept
   * @param signIns how long those of sign-ins are kept
   * @param maxSignIns most of these, of any age
   */
  public static Sweep sweep(Duration retention, Duration signIns, int maxSignIns) {
    return Sweep.of(
        "entries of the audit log",
        retention,
        BATCH,
        (connection, before, limit) ->
            Sql.first(
                    connection,
                    row -> row.getInt(1),
                    "SELECT forget_audit(?, ?, ?, ?)",
                    before,
                    before.plus(retention).minus(signIns),
                    maxSignIns,
                    limit)
                .orElse(0));
  }
}
