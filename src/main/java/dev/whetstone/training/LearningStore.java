package dev.whetstone.training;

import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyAudit;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether the learning of one base is paused: no run begins and no duel is decided. */
public final class LearningStore {
  /** Who paused it, why and when. */
  public record Pause(String reason, String actor, Instant at) {}

  private final Database database;
  private final String baseHash;

  public LearningStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /** The pause; empty while learning goes on. */
  public Optional<Pause> pause() {
    return database.statement(connection -> pause(connection, baseHash));
  }

  /** The pause of a base, as a transaction sees it. */
  public static Optional<Pause> pause(Connection connection, String baseHash) throws SQLException {
    return Sql.first(
        connection,
        row ->
            new Pause(
                row.getString("reason"), row.getString("actor"), Sql.instant(row, "paused_at")),
        "SELECT * FROM learning_pauses WHERE base_hash = ? AND line = 'main'",
        baseHash);
  }

  /** Pauses learning; a second pause replaces the reason. */
  public void pause(ChangeContext by) {
    change(
        by,
        "pause learning",
        """
        INSERT INTO learning_pauses (base_hash, reason, actor) VALUES (?, ?, ?)
        ON CONFLICT (base_hash, line) DO UPDATE SET reason = excluded.reason,
          actor = excluded.actor, paused_at = now()
        """,
        baseHash,
        by.reason(),
        by.actor());
  }

  /** Lets learning go on; nothing changes when it was not paused. */
  public void resume(ChangeContext by) {
    change(by, "resume learning", "DELETE FROM learning_pauses WHERE base_hash = ?", baseHash);
  }

  private void change(ChangeContext by, String action, String sql, @Nullable Object... values) {
    database.transaction(
        connection -> {
          if (Sql.update(connection, sql, values) > 0) {
            PolicyAudit.write(connection, by, action, "learning", null);
            Notifications.send(connection, TrainingRunStore.CHANNEL);
          }
          return true;
        });
  }
}
