package dev.whetstone.preference;

import dev.whetstone.database.Sql;
import dev.whetstone.database.Sweep;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Deletes pairs that can no longer be voted on, that nobody voted on and whose answer no operator
 * marked. Each is looked at once in the life of a process, in the order in which they expired, so
 * that a long log of votes costs nothing. Used by one thread.
 */
public final class PairRetention {
  private static final int BATCH = 1_000;

  private static final String DELETE =
      """
      WITH seen AS MATERIALIZED (
        SELECT expires_at, pair_id FROM pairs
        WHERE expires_at < ? AND (expires_at, pair_id) > (?, ?)
        ORDER BY expires_at, pair_id LIMIT ?),
      gone AS (
        DELETE FROM pairs p USING seen s
        WHERE p.pair_id = s.pair_id
          AND NOT EXISTS (SELECT FROM preferences v WHERE v.pair_id = p.pair_id)
          AND NOT EXISTS (SELECT FROM gold_pairs g WHERE g.pair_id = p.pair_id)
        RETURNING p.pair_id)
      SELECT expires_at, pair_id, (SELECT count(*) FROM seen) AS seen,
        (SELECT count(*) FROM gone) AS gone
      FROM seen ORDER BY expires_at DESC, pair_id DESC LIMIT 1
      """;

  private record Window(Instant expiresAt, String pairId, int seen, int gone) {}

  private @Nullable Window last;

  private PairRetention() {}

  /**
   * The sweep of such pairs.
   *
   * @param retention how long they are kept after they expired
   */
  public static Sweep sweep(Duration retention) {
    PairRetention position = new PairRetention();
    return new Sweep("pairs without a vote", retention, position::delete);
  }

  private Sweep.Result delete(Connection connection, Instant before) throws SQLException {
    Window from = last;
    Optional<Window> window =
        Sql.first(
            connection,
            row ->
                new Window(
                    Sql.instant(row, "expires_at"),
                    row.getString("pair_id"),
                    row.getInt("seen"),
                    row.getInt("gone")),
            DELETE,
            before,
            from == null ? Instant.EPOCH : from.expiresAt(),
            from == null ? "" : from.pairId(),
            BATCH);
    if (window.isEmpty()) {
      return new Sweep.Result(0, false);
    }
    Window swept = window.get();
    return new Sweep.Result(swept.gone(), swept.seen() == BATCH, () -> last = swept);
  }
}
