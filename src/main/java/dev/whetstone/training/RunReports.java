package dev.whetstone.training;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What training runs report: their steps as they go, and log-probs at their end. */
public final class RunReports {
  private static final int EVERY_STEP_UNTIL = 1_000;

  // An erasure takes the name off what it erases and leaves the row.
  private static final String RECORD =
      """
      UPDATE training_runs t SET metrics = ?::jsonb WHERE run_id = ? AND status = 'running'
      RETURNING cancel_requested
        OR EXISTS (SELECT FROM run_preferences r WHERE r.run_id = t.run_id AND r.user_id IS NULL)
        OR EXISTS (SELECT FROM run_ratings r WHERE r.run_id = t.run_id AND r.user_id IS NULL)
      """;

  private final Database database;

  RunReports(Database database) {
    this.database = database;
  }

  /**
   * Records a step; true when the run should end, because it was cancelled or because something
   * that it trains on was erased. Of a long run every tenth step is kept beyond 1,000 and every
   * hundredth beyond 10,000, so that its rows stay few.
   */
  public boolean recordProgress(String id, int step, String metrics) {
    return database.transaction(
        connection -> {
          if (isRecorded(step)) {
            Sql.update(
                connection,
                "INSERT INTO run_progress (run_id, step, metrics) VALUES (?, ?, ?::jsonb)"
                    + " ON CONFLICT (run_id, step) DO UPDATE SET metrics = excluded.metrics, at = now()",
                id,
                step,
                metrics);
          }
          return Sql.first(connection, row -> row.getBoolean(1), RECORD, metrics, id)
              // no row: somebody else ended the run
              .orElse(true);
        });
  }

  private static boolean isRecorded(int step) {
    int stride = step <= EVERY_STEP_UNTIL ? 1 : step <= 10 * EVERY_STEP_UNTIL ? 10 : 100;
    return step % stride == 0;
  }

  /** The reports of the steps after a given one, in order. */
  public List<RunProgress> progressAfter(String id, int step, int limit) {
    return database.list(
        row -> new RunProgress(row.getInt(1), Sql.instant(row, "at"), row.getString(3)),
        "SELECT step, at, metrics::text FROM run_progress WHERE run_id = ? AND step > ?"
            + " ORDER BY step LIMIT ?",
        id,
        step,
        limit);
  }

  /** Stores the trainer's log-probs of the validation pairs. */
  public void saveScores(Connection connection, String id, List<ValidationScores> all)
      throws SQLException {
    for (ValidationScores scores : all) {
      Sql.update(
          connection,
          "INSERT INTO run_scores VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
          id,
          scores.preferenceId(),
          scores.chosenPolicy(),
          scores.chosenReference(),
          scores.rejectedPolicy(),
          scores.rejectedReference());
    }
  }

  /** The trainer's log-probs of the validation pairs. */
  public List<ValidationScores> scores(String id) {
    return database.list(
        row ->
            new ValidationScores(
                row.getString("preference_id"),
                Sql.floats(row, "chosen_policy"),
                Sql.floats(row, "chosen_reference"),
                Sql.floats(row, "rejected_policy"),
                Sql.floats(row, "rejected_reference")),
        "SELECT * FROM run_scores WHERE run_id = ? ORDER BY preference_id",
        id);
  }
}
