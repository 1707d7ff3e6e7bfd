package dev.whetstone.training;

import dev.whetstone.database.Sql;
import dev.whetstone.database.Sweep;
import java.time.Duration;

/** Deletes the trainer's log-probs of held-out pairs once no gate will ask for them. */
public final class ScoreRetention {
  private static final int BATCH = 500;

  private static final String DELETE =
      """
      DELETE FROM run_scores WHERE (run_id, preference_id) IN (
        SELECT s.run_id, s.preference_id FROM run_scores s JOIN training_runs r USING (run_id)
        WHERE r.finished_at < ? AND NOT EXISTS (
          SELECT FROM rollouts o WHERE o.run_id = r.run_id AND o.ended_at IS NULL)
        LIMIT ?)
      """;

  private ScoreRetention() {}

  /**
   * The sweep of such log-probs.
   *
   * @param retention how long they are kept after their run ended
   */
  public static Sweep sweep(Duration retention) {
    return Sweep.of(
        "log-probs of runs",
        retention,
        BATCH,
        (connection, before, limit) -> Sql.update(connection, DELETE, before, limit));
  }
}
