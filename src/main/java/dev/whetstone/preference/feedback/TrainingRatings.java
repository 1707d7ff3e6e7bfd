package dev.whetstone.preference.feedback;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.Part;
import dev.whetstone.preference.TrainingVote;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.settings.EnumNames;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ratings of answers of a base that can be trained on by themselves; the view {@code
 * usable_ratings} says which those are.
 */
public final class TrainingRatings {
  private static final String NEWEST =
      """
      SELECT * FROM (
        SELECT feedback_id, seq, key_id, user_id, conversation, part, 1 AS weight, prompt_ids, ids,
          rating = 'up' AS desirable, recorded_at
        FROM usable_ratings WHERE base_hash = ? AND part = 'train'
        ORDER BY recorded_at DESC, seq DESC LIMIT ?) AS newest
      ORDER BY recorded_at, seq
      """;

  private static final String AFTER =
      """
      SELECT feedback_id, seq, key_id, user_id, conversation, part, 1 AS weight, prompt_ids, ids,
        rating = 'up' AS desirable
      FROM usable_ratings WHERE base_hash = ? AND part <> 'gate' AND seq > ? ORDER BY seq LIMIT ?
      """;

  private static final String SIZES =
      """
      SELECT coalesce(max(number), 0), count(*), coalesce(sum(tokens), 0) FROM (
        SELECT count(*) OVER () AS number, cardinality(prompt_ids) + cardinality(ids) AS tokens
        FROM usable_ratings WHERE base_hash = ? AND part = 'train'
        ORDER BY recorded_at DESC, seq DESC LIMIT ?) AS newest
      """;

  // A run's frozen ratings are read whatever was excluded, rated anew or used in a pair since.
  private static final String OF_RUN =
      """
      SELECT r.feedback_id, r.seq, r.key_id, r.user_id, a.conversation, a.part, f.weight,
        a.prompt_ids, a.ids, f.desirable
      FROM run_ratings f JOIN ratings r USING (feedback_id) JOIN answers a USING (completion_id)
      WHERE f.run_id = ? ORDER BY r.seq
      """;

  private static final String COUNTS =
      """
      SELECT count(*) AS usable, count(*) FILTER (WHERE rating = 'up') AS up,
        count(*) FILTER (WHERE recorded_at > coalesce(?::timestamptz, '-infinity')) AS newer
      FROM usable_ratings WHERE base_hash = ?
      """;

  /**
   * How many usable ratings there are.
   *
   * @param usable that are in no pair
   * @param up of these, good ones
   * @param newer of these, after the time asked for
   */
  public record Counts(long usable, long up, long newer) {
    /** No ratings. */
    public static final Counts NONE = new Counts(0, 0, 0);
  }

  private final Database database;
  private final String baseHash;

  public TrainingRatings(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /** The newest ratings of the train part, in the order they were recorded. */
  public List<TrainingRating> newest(Connection connection, int limit) throws SQLException {
    return Sql.list(connection, TrainingRatings::rating, NEWEST, baseHash, limit);
  }

  /** The first ratings after a position but those of the gate part, at most {@code limit}. */
  public List<TrainingRating> firstAfter(long position, int limit) {
    return database.list(TrainingRatings::rating, AFTER, baseHash, position, limit);
  }

  /** Measures the newest ratings of the train part, at most {@code limit}. */
  public TrainingVotes.Sizes trainSizes(int limit) {
    return database
        .first(
            row -> new TrainingVotes.Sizes(row.getLong(1), row.getLong(2), row.getLong(3)),
            SIZES,
            baseHash,
            limit)
        .orElseThrow();
  }

  /** The ratings that a run froze, in the order of their positions. */
  public List<TrainingRating> ofRun(String runId) {
    return database.list(TrainingRatings::rating, OF_RUN, runId);
  }

  /** Counts the usable ratings, and those of them that are newer than a time. */
  public Counts count(@Nullable Instant newerThan) {
    return database
        .first(
            row -> new Counts(row.getLong("usable"), row.getLong("up"), row.getLong("newer")),
            COUNTS,
            newerThan == null ? null : Timestamp.from(newerThan),
            baseHash)
        .orElseThrow();
  }

  /** A value that changes whenever a count may have changed by ratings. */
  public String revision() {
    return database
        .first(
            row -> row.getString(1),
            "SELECT count(*) || ' ' || coalesce(max(recorded_at)::text, '') FROM ratings")
        .orElse("");
  }

  private static TrainingRating rating(ResultSet row) throws SQLException {
    return new TrainingRating(
        new TrainingVote(
            row.getString("feedback_id"),
            row.getLong("seq"),
            row.getString("key_id"),
            row.getString("user_id"),
            row.getString("conversation"),
            EnumNames.parse("part", row.getString("part"), Part.values()),
            false,
            row.getFloat("weight"),
            Sql.ints(row, "prompt_ids"),
            Sql.ints(row, "ids"),
            new int[0]),
        row.getBoolean("desirable"));
  }
}
