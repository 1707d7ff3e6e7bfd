package dev.whetstone.rollout.changes;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.settings.EnumNames;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The answers that the gate had versions write; those of erased users go with their pairs. */
public final class GateAnswerStore {
  private static final String INSERT =
      """
      INSERT INTO gate_answers (rollout_id, version, place, pair_id, text, tokens, finish)
      SELECT ?, ?, ?, pair_id, ?, ?, ? FROM pairs WHERE pair_id = ?
      """;

  // The rollout that is asked for first, then the newest.
  private static final String ROLLOUT =
      """
      SELECT g.rollout_id FROM gate_answers g JOIN rollouts r USING (rollout_id)
      WHERE g.version = ? ORDER BY g.rollout_id = ? DESC, r.created_at DESC LIMIT 1
      """;

  private static final String ANSWERS =
      "SELECT * FROM gate_answers WHERE rollout_id = ? AND version = ? ORDER BY place";

  private final Database database;

  public GateAnswerStore(Database database) {
    this.database = database;
  }

  /** Stores the answers of a rollout; those of an earlier measurement are replaced. */
  public static void save(Connection connection, String rollout, List<GateAnswer> answers)
      throws SQLException {
    Sql.update(connection, "DELETE FROM gate_answers WHERE rollout_id = ?", rollout);
    for (GateAnswer answer : answers) {
      Sql.update(
          connection,
          INSERT,
          rollout,
          answer.version(),
          answer.place(),
          // PostgreSQL's text holds every character but U+0000
          answer.text().replace('\0', '\uFFFD'),
          answer.tokens(),
          EnumNames.of(answer.finish()),
          answer.pairId());
    }
  }

  /** The rollout in whose gate a version wrote answers: the given one if it did there. */
  Optional<String> rolloutOf(String version, String preferred) {
    return database.first(row -> row.getString(1), ROLLOUT, version, preferred);
  }

  /** What a version wrote in the gate of a rollout. */
  List<GateAnswer> of(String rollout, String version) {
    return database.list(GateAnswerStore::answer, ANSWERS, rollout, version);
  }

  private static GateAnswer answer(ResultSet row) throws SQLException {
    return new GateAnswer(
        row.getString("version"),
        row.getInt("place"),
        row.getString("pair_id"),
        row.getString("text"),
        row.getInt("tokens"),
        EnumNames.parse("finish", row.getString("finish"), FinishReason.values()));
  }
}
