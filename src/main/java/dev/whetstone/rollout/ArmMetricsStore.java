package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.rollout.duel.Arm;
import dev.whetstone.rollout.duel.ArmMetrics;
import java.sql.ResultSet;
import java.sql.SQLException;

/** What the arms of duels and watches did, counted by each gateway. */
public final class ArmMetricsStore {
  /** Where the counts of a duel or of a watch are; the names are tables. */
  public enum Subject {
    ROLLOUT("rollout_figures"),
    WATCH("watch_figures");

    private final String table;

    Subject(String table) {
      this.table = table;
    }
  }

  private static final String ADD =
      """
      INSERT INTO FIGURES AS f (rollout_id, gateway, side, completions, empty, unended, errors, tokens,
        seconds, token_squares, paces, log_pace, log_pace_squares)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (rollout_id, gateway, side) DO UPDATE SET
        completions = f.completions + excluded.completions, empty = f.empty + excluded.empty,
        unended = f.unended + excluded.unended, errors = f.errors + excluded.errors,
        tokens = f.tokens + excluded.tokens, seconds = f.seconds + excluded.seconds,
        token_squares = f.token_squares + excluded.token_squares, paces = f.paces + excluded.paces,
        log_pace = f.log_pace + excluded.log_pace,
        log_pace_squares = f.log_pace_squares + excluded.log_pace_squares
      """;

  private static final String SUM =
      """
      SELECT coalesce(sum(completions), 0), coalesce(sum(empty), 0), coalesce(sum(unended), 0),
        coalesce(sum(errors), 0), coalesce(sum(tokens), 0), coalesce(sum(seconds), 0),
        coalesce(sum(token_squares), 0), coalesce(sum(paces), 0), coalesce(sum(log_pace), 0),
        coalesce(sum(log_pace_squares), 0)
      FROM FIGURES WHERE rollout_id = ? AND side = ?
      """;

  private final Database database;

  ArmMetricsStore(Database database) {
    this.database = database;
  }

  /** Adds what a gateway counted for an arm since its last call. */
  void add(Subject subject, String id, String gateway, Arm arm, ArmMetrics more) {
    database.update(
        ADD.replace("FIGURES", subject.table),
        id,
        gateway,
        arm.label(),
        more.completions(),
        more.empty(),
        more.truncated(),
        more.errors(),
        more.tokens(),
        more.seconds(),
        more.tokenSquares(),
        more.pace().count(),
        more.pace().sum(),
        more.pace().squares());
  }

  /** What all gateways counted for an arm. */
  public ArmMetrics of(Subject subject, String id, Arm arm) {
    return database
        .first(ArmMetricsStore::metrics, SUM.replace("FIGURES", subject.table), id, arm.label())
        .orElse(ArmMetrics.NONE);
  }

  private static ArmMetrics metrics(ResultSet row) throws SQLException {
    return new ArmMetrics(
        row.getLong(1),
        row.getLong(2),
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        row.getDouble(6),
        row.getDouble(7),
        new ArmMetrics.Pace(row.getLong(8), row.getDouble(9), row.getDouble(10)));
  }
}
