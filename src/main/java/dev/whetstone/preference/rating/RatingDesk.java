package dev.whetstone.preference.rating;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** What raters work by beside the pairs: guidelines, pairs given back, progress. */
public final class RatingDesk {
  private static final String END_LEASE =
      """
      DELETE FROM leases
      WHERE pair_id = ? AND key_id = ? AND user_id = ? AND leased_until > ?
        AND NOT EXISTS (SELECT FROM preferences v
          WHERE v.pair_id = leases.pair_id AND v.key_id = leases.key_id
            AND v.user_id = leases.user_id)
      """;

  private static final String SKIP =
      """
      INSERT INTO skips (pair_id, key_id, user_id, reason, skipped_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING
      """;

  private static final String PROGRESS =
      """
      SELECT
        (SELECT count(*) FROM preferences WHERE key_id = ? AND user_id = ?) AS mine,
        (SELECT count(*) FROM preferences WHERE key_id = ? AND user_id = ? AND recorded_at >= ?)
          AS mine_of_day,
        (SELECT count(*) FROM skips WHERE key_id = ? AND user_id = ?) AS mine_skipped,
        (SELECT count(*) FROM preferences WHERE NOT imported) AS votes,
        (SELECT count(*) FROM preferences WHERE NOT imported AND recorded_at >= ?) AS votes_of_day,
        (SELECT count(*) FROM (SELECT FROM pairs p WHERE NOT imported AND learn AND expires_at > ?
          AND NOT EXISTS (SELECT FROM preferences v WHERE v.pair_id = p.pair_id)
          LIMIT %d) AS waiting) AS waiting
      """
          .formatted(Progress.MAX_WAITING);

  /** What raters are asked to look at, in Markdown. */
  public record Guidelines(String markdown, Instant writtenAt) {}

  /**
   * A rater's own work.
   *
   * @param lastDay votes of the last 24 hours
   * @param skipped pairs given back
   */
  public record Mine(long votes, long lastDay, long skipped) {}

  /**
   * Everybody's work.
   *
   * @param lastDay votes of the last 24 hours
   * @param waiting pairs without a vote that are open, at most {@link Progress#MAX_WAITING}
   */
  public record All(long votes, long lastDay, long waiting) {}

  /** How far rating has come. */
  public record Progress(Mine mine, All all) {
    /** Pairs are counted up to here. */
    public static final int MAX_WAITING = 10_000;
  }

  private final Database database;
  private final InstantSource clock;

  public RatingDesk(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Gives a leased pair back without a vote; false when the rater has no lease on it. */
  public boolean skip(String pairId, RaterQueue.Rater rater, String reason) {
    Instant now = clock.instant();
    return database.transaction(
        connection -> {
          boolean leased =
              Sql.update(connection, END_LEASE, pairId, rater.keyId(), rater.user(), now) > 0;
          if (leased) {
            Sql.update(connection, SKIP, pairId, rater.keyId(), rater.user(), reason, now);
          }
          return leased;
        });
  }

  /** Counts the votes of a rater and of all. */
  public Progress progress(RaterQueue.Rater rater) {
    Instant now = clock.instant();
    Instant dayAgo = now.minus(Duration.ofDays(1));
    String key = rater.keyId();
    String user = rater.user();
    return database
        .first(
            row ->
                new Progress(
                    new Mine(
                        row.getLong("mine"),
                        row.getLong("mine_of_day"),
                        row.getLong("mine_skipped")),
                    new All(
                        row.getLong("votes"), row.getLong("votes_of_day"), row.getLong("waiting"))),
            PROGRESS,
            key,
            user,
            key,
            user,
            dayAgo,
            key,
            user,
            dayAgo,
            now)
        .orElseThrow();
  }

  /** The guidelines; empty before any were written. */
  public Optional<Guidelines> guidelines() {
    return database.first(
        row -> new Guidelines(row.getString("markdown"), Sql.instant(row, "written_at")),
        "SELECT markdown, written_at FROM guidelines ORDER BY version DESC LIMIT 1");
  }

  /** Replaces the guidelines; earlier ones are kept. */
  public Guidelines write(String markdown, String actor) {
    return database.transaction(
        connection -> {
          Guidelines written =
              Sql.first(
                      connection,
                      row ->
                          new Guidelines(row.getString("markdown"), Sql.instant(row, "written_at")),
                      "INSERT INTO guidelines (markdown, actor, written_at) VALUES (?, ?, ?)"
                          + " RETURNING markdown, written_at",
                      markdown,
                      actor,
                      clock.instant())
                  .orElseThrow();
          Audit.record(connection, actor, "guidelines written", "guidelines", null, "{}");
          return written;
        });
  }
}
