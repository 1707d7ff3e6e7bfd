package dev.whetstone.rollout.gate;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.ValidationScores;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The pairs and prompts that the gate reads from the preference log. */
public final class GateDataset {
  /**
   * A voted pair that the candidate was not trained on.
   *
   * @param trainer the trainer's log-probs; null for a version without a training run
   */
  record ValidationPair(
      int[] prompt, int[] chosen, int[] rejected, @Nullable ValidationScores trainer) {}

  private static final String PAIR =
      """
      SELECT v.preference_id, p.prompt_ids,
        CASE v.choice WHEN 'a' THEN p.ids_a ELSE p.ids_b END AS chosen,
        CASE v.choice WHEN 'a' THEN p.ids_b ELSE p.ids_a END AS rejected
      FROM preferences v JOIN pairs p USING (pair_id)
      """;

  private static final String OF_RUN =
      PAIR
          + """
          JOIN run_scores s ON s.preference_id = v.preference_id
          WHERE s.run_id = ? AND v.choice IN ('a', 'b') ORDER BY v.seq
          """;

  private static final String NEWEST =
      PAIR
          + """
          WHERE p.base_hash = ? AND v.choice IN ('a', 'b')
            AND cardinality(p.prompt_ids) > 0 AND cardinality(p.ids_a) > 0
            AND cardinality(p.ids_b) > 0
          ORDER BY v.seq DESC LIMIT ?
          """;

  private static final String PROMPTS =
      """
      SELECT prompt_ids FROM (
        SELECT DISTINCT ON (prompt_hash) prompt_ids, created_at FROM pairs
        WHERE base_hash = ? AND cardinality(prompt_ids) > 0
        ORDER BY prompt_hash, created_at DESC) AS prompts
      ORDER BY created_at DESC LIMIT ?
      """;

  private final Database database;
  private final TrainingRunStore runs;
  private final String baseHash;

  public GateDataset(Database database, TrainingRunStore runs, String baseHash) {
    this.database = database;
    this.runs = runs;
    this.baseHash = baseHash;
  }

  /** The validation pairs of a run that are still in the log, with the trainer's log-probs. */
  List<ValidationPair> validationPairs(String runId) {
    Map<String, ValidationScores> scores =
        runs.scores(runId).stream()
            .collect(Collectors.toMap(ValidationScores::preferenceId, Function.identity()));
    return database.list(
        row -> pair(row, scores.get(row.getString("preference_id"))), OF_RUN, runId);
  }

  /** The pairs of the newest votes, for a version that was not trained here. */
  List<ValidationPair> newestPairs(int limit) {
    return database.list(row -> pair(row, null), NEWEST, baseHash, limit);
  }

  /** Distinct prompts, newest first. */
  List<int[]> newestPrompts(int limit) {
    return database.list(row -> Sql.ints(row, "prompt_ids"), PROMPTS, baseHash, limit);
  }

  private static ValidationPair pair(ResultSet row, @Nullable ValidationScores trainer)
      throws SQLException {
    return new ValidationPair(
        Sql.ints(row, "prompt_ids"), Sql.ints(row, "chosen"), Sql.ints(row, "rejected"), trainer);
  }
}
