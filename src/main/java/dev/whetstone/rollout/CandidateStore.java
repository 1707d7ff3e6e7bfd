package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.PolicyRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The versions of one base model that wait for their rollout. */
final class CandidateStore {
  private static final String END_WAITING =
      """
      INSERT INTO rollouts (rollout_id, base_hash, run_id, candidate, candidate_hash, champion,
        champion_hash, mode, share, status, ending, cause, reason, ended_at)
      SELECT ?, base_hash, ?, version, hash, ?, ?, 'duel', 1, ?, ?, ?, ?, now()
      FROM policies WHERE base_hash = ? AND version = ?
      ON CONFLICT DO NOTHING RETURNING rollout_id
      """;

  private final Database database;
  private final String baseHash;

  CandidateStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /** The versions that wait for their turn, newest first. */
  List<Candidate> candidates() {
    return database.list(
        row ->
            new Candidate(
                row.getString("policy"),
                row.getString("run_id"),
                row.getString("parent"),
                row.getString("metrics"),
                Sql.instant(row, "started_at"),
                Sql.instant(row, "finished_at")),
        "SELECT policy, run_id, parent, metrics::text AS metrics,"
            + " coalesce(started_at, created_at) AS started_at,"
            + " coalesce(finished_at, created_at) AS finished_at FROM training_runs r"
            + " WHERE base_hash = ? AND status = 'succeeded' AND policy IS NOT NULL"
            + " AND NOT EXISTS (SELECT FROM rollouts o WHERE o.run_id = r.run_id)"
            + " ORDER BY seq DESC",
        baseHash);
  }

  /**
   * Gives a run whose candidate never had its turn a rollout that has ended; false when its turn
   * has come meanwhile.
   */
  boolean endWaiting(
      Connection connection,
      Candidate candidate,
      PolicyRecord champion,
      Transition ending,
      String actor)
      throws SQLException {
    Optional<String> id =
        Sql.first(
            connection,
            row -> row.getString(1),
            END_WAITING,
            candidate.rolloutId(),
            candidate.runId(),
            champion.version(),
            champion.hash(),
            ending.to().stored(),
            ending.to().ending(),
            ending.cause().label(),
            ending.reason(),
            baseHash,
            candidate.version());
    if (id.isPresent()) {
      DecisionStore.record(connection, id.get(), candidate.version(), ending, actor);
    }
    return id.isPresent();
  }
}
