package dev.whetstone.preference.rating;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.time.Instant;
import java.util.List;

/** Counts votes and ratings by time; imported ones are left out. */
public final class VoteHistory {
  private static final String QUERY =
      """
      SELECT to_timestamp(floor(extract(epoch FROM said.at) / ?) * ?) AS begins,
        count(*) FILTER (WHERE choice IS NOT NULL) AS votes,
        count(*) FILTER (WHERE choice = 'a') AS left_side,
        count(*) FILTER (WHERE choice = 'tie') AS ties,
        count(*) FILTER (WHERE choice = 'both_bad') AS both_bad,
        count(*) FILTER (WHERE rating = 'up') AS up, count(*) FILTER (WHERE rating = 'down') AS down
      FROM (
        SELECT v.recorded_at AS at, v.choice, NULL AS rating
        FROM preferences v JOIN pairs p USING (pair_id)
        WHERE v.recorded_at >= ? AND NOT p.imported
        UNION ALL
        SELECT r.recorded_at, NULL, r.rating FROM ratings r JOIN answers a USING (completion_id)
        WHERE r.recorded_at >= ? AND NOT a.imported) AS said
      GROUP BY begins ORDER BY begins
      """;

  /** The votes of one stretch of time; {@code left} chose side a, which is shown on the left. */
  public record Bucket(
      Instant begins, long votes, long left, long ties, long bothBad, long up, long down) {}

  private final Database database;

  public VoteHistory(Database database) {
    this.database = database;
  }

  /** The stretches of so many seconds that have votes or ratings, oldest first. */
  public List<Bucket> since(Instant since, int seconds) {
    return database.list(
        row ->
            new Bucket(
                Sql.instant(row, "begins"),
                row.getLong("votes"),
                row.getLong("left_side"),
                row.getLong("ties"),
                row.getLong("both_bad"),
                row.getLong("up"),
                row.getLong("down")),
        QUERY,
        seconds,
        seconds,
        since,
        since);
  }
}
