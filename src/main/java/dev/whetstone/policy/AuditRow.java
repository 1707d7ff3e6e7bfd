package dev.whetstone.policy;

import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What is written of every change of a version. */
final class AuditRow {
  private AuditRow() {}

  static void write(Connection connection, By by, String action, @Nullable String version)
      throws SQLException {
    write(connection, by, action, "policy", version);
  }

  static void write(
      Connection connection, By by, String action, String subject, @Nullable String version)
      throws SQLException {
    Sql.update(
        connection,
        "INSERT INTO audit (actor, action, subject, version, detail)"
            + " VALUES (?, ?, ?, ?, jsonb_strip_nulls(jsonb_build_object('reason', ?::text)))",
        by.actor(),
        action,
        subject,
        version,
        by.reason());
  }
}
