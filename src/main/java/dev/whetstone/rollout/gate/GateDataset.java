package dev.whetstone.rollout.gate;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.ValidationScores;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The pairs and prompts that the gate reads from the preference log. */
public final class GateDataset {
  /**
   * A vote of the gate part, which no training and no choice has seen.
   *
   * @param id of the vote
   * @param seq its place in the log
   * @param question hash of the whole prompt
   * @param conversation hash of what it begins with
   */
  public record JudgedPair(
      String id,
      long seq,
      String pair,
      String key,
      String user,
      String question,
      String conversation,
      int[] prompt,
      int[] chosen,
      int[] rejected) {
    static JudgedPair of(ResultSet row) throws SQLException {
      return new JudgedPair(
          row.getString("preference_id"),
          row.getLong("seq"),
          row.getString("pair_id"),
          row.getString("key_id"),
          row.getString("user_id"),
          row.getString("question"),
          row.getString("conversation"),
          Sql.ints(row, "prompt_ids"),
          Sql.ints(row, "chosen_ids"),
          Sql.ints(row, "rejected_ids"));
    }

    /** Who voted: a name means nothing without its key. */
    String voter() {
      return key + "\n" + user;
    }
  }

  /** A pair with the trainer's log-probs, whose completions the trainer may have cut. */
  record ScoredPair(int[] prompt, int[] chosen, int[] rejected, ValidationScores trainer) {}

  /** A prompt, with the newest pair that answers it. */
  record LoggedPrompt(String pairId, int[] ids) {}

  /** The 5th and 95th percentile of the lengths of what users chose, in tokens. */
  record ChosenLengths(double low, double high) {}

  private static final int MAX_SCORED = 64;
  private static final int MAX_LENGTHS = 2_000;

  /** Chosen answers below which their percentiles say nothing. */
  private static final int MIN_LENGTHS = 40;

  private static final String JUDGED =
      """
      SELECT v.preference_id, v.seq, v.pair_id, v.key_id, v.user_id, v.conversation, v.prompt_ids,
        v.chosen_ids, v.rejected_ids, encode(p.prompt_hash, 'hex') AS question
      FROM usable_votes v JOIN pairs p USING (pair_id)
      WHERE v.base_hash = ? AND v.part = 'gate' AND v.source = 'human' AND v.recorded_at >= ?
        AND cardinality(v.prompt_ids)
          + greatest(cardinality(v.chosen_ids), cardinality(v.rejected_ids)) <= ?
      """;

  private static final String UNTAKEN =
      """
        AND v.recorded_at <= ? AND NOT p.imported
        AND NOT EXISTS (SELECT FROM evidence_votes e
          WHERE e.subject = ? AND e.preference_id = v.preference_id)
      ORDER BY v.seq LIMIT ?
      """;

  private static final String SCORED =
      """
      SELECT v.preference_id, p.prompt_ids,
        CASE v.choice WHEN 'a' THEN p.ids_a ELSE p.ids_b END AS chosen,
        CASE v.choice WHEN 'a' THEN p.ids_b ELSE p.ids_a END AS rejected
      FROM preferences v JOIN pairs p USING (pair_id)
        JOIN run_scores s ON s.preference_id = v.preference_id
      WHERE s.run_id = ? AND v.choice IN ('a', 'b')
        AND cardinality(p.prompt_ids)
          + greatest(cardinality(s.chosen_policy), cardinality(s.rejected_policy)) <= ?
      ORDER BY v.seq DESC LIMIT ?
      """;

  private static final String PROMPTS =
      """
      SELECT pair_id, prompt_ids FROM (
        SELECT DISTINCT ON (prompt_hash) pair_id, prompt_ids, created_at FROM pairs
        WHERE base_hash = ? AND learn AND cardinality(prompt_ids) BETWEEN 1 AND ?
        ORDER BY prompt_hash, created_at DESC) AS prompts
      ORDER BY created_at DESC LIMIT ?
      """;

  private static final String LENGTHS =
      """
      SELECT count(*) AS number, percentile_cont(0.05) WITHIN GROUP (ORDER BY length) AS low,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY length) AS high
      FROM (SELECT cardinality(chosen_ids) AS length FROM usable_votes
        WHERE base_hash = ? AND part = 'train' ORDER BY seq DESC LIMIT ?) AS chosen
      """;

  private final Database database;
  private final TrainingRunStore runs;
  private final String baseHash;

  public GateDataset(Database database, TrainingRunStore runs, String baseHash) {
    this.database = database;
    this.runs = runs;
    this.baseHash = baseHash;
  }

  /** Votes of the gate part since a time, newest first, as far as they fit. */
  List<JudgedPair> judgedPairs(Instant since, int maxTokens, int limit) {
    return database.list(
        JudgedPair::of,
        JUDGED + "ORDER BY v.seq DESC LIMIT ?",
        baseHash,
        Timestamp.from(since),
        maxTokens,
        limit);
  }

  /** The first votes between two times that a comparison has not taken yet, oldest first. */
  List<JudgedPair> untaken(
      String comparison, Instant since, Instant until, int maxTokens, int limit) {
    return database.list(
        JudgedPair::of,
        JUDGED + UNTAKEN,
        baseHash,
        Timestamp.from(since),
        maxTokens,
        Timestamp.from(until),
        comparison,
        limit);
  }

  /** How many votes of the gate part came since a time. */
  public int judgedVotes(Instant since) {
    return database
        .first(
            row -> row.getInt(1),
            "SELECT count(*) FROM usable_votes WHERE base_hash = ? AND part = 'gate'"
                + " AND source = 'human' AND recorded_at >= ?",
            baseHash,
            Timestamp.from(since))
        .orElse(0);
  }

  /** The newest pairs that a run stored log-probs of, as far as they are still in the log. */
  List<ScoredPair> scoredPairs(String runId, int maxTokens) {
    Map<String, ValidationScores> scores =
        runs.reports().scores(runId).stream()
            .collect(Collectors.toMap(ValidationScores::preferenceId, Function.identity()));
    return database.list(
        row -> {
          ValidationScores trainer = scores.get(row.getString("preference_id"));
          return new ScoredPair(
              Sql.ints(row, "prompt_ids"),
              Sql.ints(row, "chosen"),
              Sql.ints(row, "rejected"),
              Objects.requireNonNull(trainer));
        },
        SCORED,
        runId,
        maxTokens,
        MAX_SCORED);
  }

  /** Distinct prompts that leave room for an answer, newest first. */
  List<LoggedPrompt> newestPrompts(int maxTokens, int limit) {
    return database.list(
        row -> new LoggedPrompt(row.getString("pair_id"), Sql.ints(row, "prompt_ids")),
        PROMPTS,
        baseHash,
        maxTokens,
        limit);
  }

  /** How long the answers are that users chose in the train part; any length with too few. */
  ChosenLengths chosenLengths() {
    return database
        .first(
            row ->
                row.getInt("number") < MIN_LENGTHS
                    ? new ChosenLengths(Double.POSITIVE_INFINITY, 0)
                    : new ChosenLengths(row.getDouble("low"), row.getDouble("high")),
            LENGTHS,
            baseHash,
            MAX_LENGTHS)
        .orElseThrow();
  }
}
