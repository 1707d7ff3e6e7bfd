package dev.whetstone.preference;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * Reads the votes of a base that can be trained on: decided, on two different, finished answers.
 */
public final class TrainingVotes {
  private static final String FROM =
      """
      FROM preferences v JOIN pairs p USING (pair_id)
      WHERE p.base_hash = ? AND v.choice IN ('a', 'b') AND p.ids_a <> p.ids_b
        AND cardinality(p.prompt_ids) > 0 AND cardinality(p.ids_a) > 0 AND cardinality(p.ids_b) > 0
        AND p.finish_a IN ('stop', 'length') AND p.finish_b IN ('stop', 'length')
      """;

  private static final String VOTES =
      """
      SELECT v.preference_id, v.seq, v.user_id, p.prompt_ids,
        md5(coalesce(
          (SELECT m ->> 'content' FROM json_array_elements(p.messages) AS m
           WHERE m ->> 'role' = 'user' LIMIT 1), p.prompt)) AS conversation,
        CASE v.choice WHEN 'a' THEN p.ids_a ELSE p.ids_b END AS chosen,
        CASE v.choice WHEN 'a' THEN p.ids_b ELSE p.ids_a END AS rejected,
        p.policy_a, p.policy_b
      """
          + FROM;

  private final Database database;
  private final String baseHash;

  public TrainingVotes(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /** Counts the votes after a position in the log. */
  public int countAfter(long seq) {
    return database
        .first(row -> row.getInt(1), "SELECT count(*) " + FROM + " AND v.seq > ?", baseHash, seq)
        .orElse(0);
  }

  /** Reads the newest votes, at most {@code limit}, oldest first. */
  public List<TrainingVote> newest(Connection connection, int limit) throws SQLException {
    String newestFirst = VOTES + " ORDER BY v.seq DESC LIMIT ?";
    return Sql.list(connection, TrainingVotes::vote, newestFirst, baseHash, limit).reversed();
  }

  /** Reads the votes of a run's frozen list that have not been erased, oldest first. */
  public List<TrainingVote> ofRun(String runId) {
    return database.list(
        TrainingVotes::vote,
        VOTES
            + " AND EXISTS (SELECT FROM run_preferences r WHERE r.run_id = ?"
            + " AND r.preference_id = v.preference_id) ORDER BY v.seq",
        baseHash,
        runId);
  }

  private static TrainingVote vote(ResultSet row) throws SQLException {
    return new TrainingVote(
        row.getString("preference_id"),
        row.getLong("seq"),
        row.getString("user_id"),
        row.getString("conversation"),
        Sql.ints(row, "prompt_ids"),
        Sql.ints(row, "chosen"),
        Sql.ints(row, "rejected"),
        newestPolicyNumber(row.getString("policy_a"), row.getString("policy_b")));
  }

  private static int newestPolicyNumber(String policyA, String policyB) {
    int a = policyNumber(policyA);
    int b = policyNumber(policyB);
    return a < 0 || b < 0 ? -1 : Math.max(a, b);
  }

  private static int policyNumber(String version) {
    return version.matches("v[0-9]{1,9}") ? Integer.parseInt(version.substring(1)) : -1;
  }
}
