package dev.whetstone.preference;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.settings.EnumNames;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * Reads the usable votes of a base. The view {@code usable_votes} says which those are, for
 * counting, choosing and judging alike.
 */
public final class TrainingVotes {
  private static final String VOTES =
      """
      SELECT v.preference_id, v.seq, v.key_id, v.user_id, v.conversation, v.part, v.source = 'edit' AS edit, v.weight,
        v.prompt_ids, v.chosen_ids, v.rejected_ids
      FROM usable_votes v WHERE v.base_hash = ?
      """;

  // A run's frozen votes are read whatever was excluded since. Those of earlier versions have no
  // part.
  private static final String OF_RUN =
      """
      SELECT v.preference_id, v.seq, v.key_id, v.user_id, p.conversation, coalesce(r.part, 'train') AS part,
        v.source = 'edit' AS edit, r.weight,
        p.prompt_ids,
        CASE v.choice WHEN 'a' THEN p.ids_a ELSE p.ids_b END AS chosen_ids,
        CASE v.choice WHEN 'a' THEN p.ids_b ELSE p.ids_a END AS rejected_ids
      FROM run_preferences r JOIN preferences v USING (preference_id) JOIN pairs p USING (pair_id)
      WHERE r.run_id = ? AND v.choice IN ('a', 'b') ORDER BY v.seq
      """;

  private static final String COUNTS =
      """
      SELECT count(*) AS usable, count(*) FILTER (WHERE part = 'train') AS train,
        count(*) FILTER (WHERE part = 'select') AS selects,
        count(*) FILTER (WHERE part = 'gate') AS gate,
        count(*) FILTER (WHERE seq > ?) AS newer, count(*) FILTER (WHERE seq > ?) AS since
      FROM usable_votes WHERE base_hash = ? AND seq > ? AND seq <= ?
      """;

  /**
   * How many usable votes there are.
   *
   * @param usable in all three parts
   * @param newer of these, after the first of two positions asked for
   * @param since of these, after the second
   */
  public record Counts(long usable, long train, long select, long gate, long newer, long since) {}

  private final Database database;
  private final String baseHash;

  public TrainingVotes(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /**
   * Counts the votes after a position in the log, as far as the log is settled.
   *
   * @param newer position after which {@link Counts#newer} counts
   * @param since position after which {@link Counts#since} counts
   */
  public Counts count(long after, long newer, long since) {
    return database
        .first(
            row ->
                new Counts(
                    row.getLong("usable"),
                    row.getLong("train"),
                    row.getLong("selects"),
                    row.getLong("gate"),
                    row.getLong("newer"),
                    row.getLong("since")),
            COUNTS,
            newer,
            since,
            baseHash,
            after,
            SettledVotes.position(database))
        .orElseThrow();
  }

  /**
   * A value that changes whenever a count may have changed: votes and exclusions come, and go by
   * erasure or by hand.
   */
  public String revision() {
    return database
        .first(
            row -> row.getString(1),
            """
            SELECT concat_ws(' ', settled_votes(),
              (SELECT max(counts_at) FROM preferences WHERE counts_at <= now()),
              (SELECT generation FROM reference_generation),
              (SELECT count(*) || ' ' || max(created_at) FROM exclusions),
              (SELECT count(*) || ' ' || max(refused_at) FROM learning_refusals),
              (SELECT count(*) FROM keys WHERE NOT learn))
            """)
        .orElse("");
  }

  /**
   * The newest votes of the train part.
   *
   * @param all votes of the part
   * @param votes the newest of them
   * @param tokens of prompts and answers of those
   */
  public record Sizes(long all, long votes, long tokens) {}

  /** Measures the newest votes of the train part after a position, at most {@code limit}. */
  public Sizes trainSizes(long after, int limit) {
    return database
        .first(
            row -> new Sizes(row.getLong(1), row.getLong(2), row.getLong(3)),
            """
            SELECT coalesce(max(number), 0), count(*), coalesce(sum(tokens), 0) FROM (
              SELECT count(*) OVER () AS number, cardinality(prompt_ids) + cardinality(chosen_ids)
                + cardinality(rejected_ids) AS tokens
              FROM usable_votes WHERE base_hash = ? AND part = 'train' AND seq > ?
              ORDER BY seq DESC LIMIT ?) AS newest
            """,
            baseHash,
            after,
            limit)
        .orElseThrow();
  }

  /** How many usable votes on answers of other bases have no copy for this one. */
  public long ofOtherBases() {
    return database
        .first(
            row -> row.getLong(1),
            """
            SELECT count(*) FROM usable_votes v JOIN preferences f USING (preference_id)
            WHERE v.base_hash <> ? AND f.last_import IS DISTINCT FROM 'other_base'
              AND NOT EXISTS (SELECT FROM preferences c
                WHERE c.preference_id = 'pref_' || md5(? || v.preference_id))
            """,
            baseHash,
            baseHash)
        .orElse(0L);
  }

  /** The position of the last vote that was recorded at or before a time; 0 if there is none. */
  public long positionAt(Instant time) {
    return database
        .first(
            row -> row.getLong(1),
            "SELECT seq FROM preferences WHERE recorded_at <= ?"
                + " ORDER BY recorded_at DESC, seq DESC LIMIT 1",
            time)
        .orElse(0L);
  }

  /** The share of ties and both-bad among the newest votes; 0 when there are fewer. */
  public double tieShare(int newest) {
    return database
        .first(
            row -> row.getLong(1) < newest ? 0.0 : (double) row.getLong(2) / row.getLong(1),
            """
            SELECT count(*), count(*) FILTER (WHERE choice IN ('tie', 'both_bad'))
            FROM (SELECT choice FROM preferences ORDER BY seq DESC LIMIT ?) AS newest
            """,
            newest)
        .orElse(0.0);
  }

  /**
   * Reads the newest votes of a part, at most {@code limit}, oldest first. None is missing before
   * the last: what is committed later comes after it.
   */
  public List<TrainingVote> newest(Connection connection, Part part, long after, int limit)
      throws SQLException {
    long settled = SettledVotes.position(connection);
    return Sql.list(
            connection,
            TrainingVotes::vote,
            VOTES + " AND v.part = ? AND v.seq > ? AND v.seq <= ? ORDER BY v.seq DESC LIMIT ?",
            baseHash,
            EnumNames.of(part),
            after,
            settled,
            limit)
        .reversed();
  }

  /** Reads the first votes after a position, at most {@code limit}, oldest first. */
  public List<TrainingVote> firstAfter(long position, int limit) {
    return database.list(
        TrainingVotes::vote,
        VOTES + " AND v.seq > ? ORDER BY v.seq LIMIT ?",
        baseHash,
        position,
        limit);
  }

  /** Reads the votes of a run's frozen list that have not been erased, oldest first. */
  public List<TrainingVote> ofRun(String runId) {
    return database.list(TrainingVotes::vote, OF_RUN, runId);
  }

  private static TrainingVote vote(ResultSet row) throws SQLException {
    return new TrainingVote(
        row.getString("preference_id"),
        row.getLong("seq"),
        row.getString("key_id"),
        row.getString("user_id"),
        row.getString("conversation"),
        EnumNames.parse("part", row.getString("part"), Part.values()),
        row.getBoolean("edit"),
        row.getFloat("weight"),
        Sql.ints(row, "prompt_ids"),
        Sql.ints(row, "chosen_ids"),
        Sql.ints(row, "rejected_ids"));
  }
}
