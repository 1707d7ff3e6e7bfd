package dev.whetstone.security;

import dev.whetstone.database.Sql;
import dev.whetstone.database.Sweep;
import java.time.Duration;

/** Deletes sessions that ended. */
public final class SessionRetention {
  private static final int BATCH = 1_000;

  private static final String DELETE =
      """
      DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE expires_at < ? OR revoked_at < ? LIMIT ?)
      """;

  private SessionRetention() {}

  /**
   * The sweep of such sessions.
   *
   * @param retention how long they are kept after their end
   */
  public static Sweep sweep(Duration retention) {
    return Sweep.of(
        "ended sessions",
        retention,
        BATCH,
        (connection, before, limit) -> Sql.update(connection, DELETE, before, before, limit));
  }
}
