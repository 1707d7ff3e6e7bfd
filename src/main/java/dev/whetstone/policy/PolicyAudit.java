package dev.whetstone.policy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.database.Audit;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Writes the audit entry of a change of a version. */
public final class PolicyAudit {
  private PolicyAudit() {}

  static void write(
      Connection connection, ChangeContext by, String action, @Nullable String version)
      throws SQLException {
    write(connection, by, action, "policy", version);
  }

  /** Writes an entry in the caller's transaction, with the change's reason as its detail. */
  public static void write(
      Connection connection,
      ChangeContext by,
      String action,
      String subject,
      @Nullable String version)
      throws SQLException {
    ObjectNode detail = JsonNodeFactory.instance.objectNode();
    if (by.reason() != null) {
      detail.put("reason", by.reason());
    }
    Audit.record(connection, by.actor(), action, subject, version, detail.toString());
  }
}
