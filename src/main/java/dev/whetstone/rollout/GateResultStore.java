package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.GateVerdict;
import dev.whetstone.settings.EnumNames;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the gate measured in each rollout, and how its judgement ended. */
public final class GateResultStore {
  /**
   * The result of a criterion as it was stored.
   *
   * @param name of the criterion, which may be a newer build's
   */
  public record StoredResult(String name, double number, String threshold, GateVerdict verdict) {}

  private final Database database;

  GateResultStore(Database database) {
    this.database = database;
  }

  /** Stores the results of the gate; those of an earlier run are replaced. */
  void save(Connection connection, String id, List<CriterionResult> rows) throws SQLException {
    Sql.update(connection, "DELETE FROM gate_rows WHERE rollout_id = ?", id);
    int place = 0;
    for (CriterionResult row : rows) {
      Sql.update(
          connection,
          "INSERT INTO gate_rows (rollout_id, place, name, number, threshold, verdict)"
              + " VALUES (?, ?, ?, ?, ?, ?)",
          id,
          place++,
          row.name(),
          row.number(),
          row.threshold(),
          row.verdict().label());
    }
  }

  /** The results of a rollout, in the order of the criteria. */
  public List<StoredResult> of(String id) {
    return database.list(
        row ->
            new StoredResult(
                row.getString("name"),
                row.getDouble("number"),
                row.getString("threshold"),
                EnumNames.parse("verdict", row.getString("verdict"), GateVerdict.values())),
        "SELECT * FROM gate_rows WHERE rollout_id = ? ORDER BY place",
        id);
  }

  /** Notes that the gate ended in an error, or how many votes an inconclusive judgement had. */
  void note(Connection connection, String id, int failures, @Nullable Integer judgedVotes)
      throws SQLException {
    Sql.update(
        connection,
        "UPDATE rollouts SET gate_failures = ?, judged_votes = ? WHERE rollout_id = ?",
        failures,
        judgedVotes,
        id);
  }
}
