package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.RatingEvidence;
import dev.whetstone.rollout.evidence.RatingProcess;
import dev.whetstone.rollout.evidence.VoteEvidence;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the evidence of a duel after each of its counted votes and ratings. */
public final class DuelEvidenceReader {
  private static final int MAX_VOTES = 20_000;
  private static final int MAX_POINTS = 500;

  // An erased vote leaves its score, but not its time.
  private static final String VOTES =
      """
      SELECT e.score = 1 AS won, v.recorded_at
      FROM evidence_votes e LEFT JOIN preferences v USING (preference_id)
      WHERE e.subject = ? AND e.counted AND NOT EXISTS (SELECT FROM evidence_voters w
        JOIN exclusions x ON x.kind = 'key' AND x.value = w.key_id
        WHERE w.subject = e.subject AND w.voter = e.voter)
      ORDER BY e.seq LIMIT ?
      """;

  private static final String RATINGS =
      """
      SELECT of_candidate, share, up, rated_at FROM evidence_ratings e
      WHERE e.subject = ? AND e.counted AND NOT EXISTS (SELECT FROM evidence_voters w
        JOIN exclusions x ON x.kind = 'key' AND x.value = w.key_id
        WHERE w.subject = e.subject AND w.voter = e.voter)
      ORDER BY e.place LIMIT ?
      """;

  private final Database database;

  public DuelEvidenceReader(Database database) {
    this.database = database;
  }

  /**
   * The joint evidence after a number of counted votes and ratings; {@code at} is null when the
   * vote was erased.
   */
  public record Point(int wins, int losses, int ratings, double evidence, @Nullable Instant at) {}

  /** Counts that grow by one vote or rating at a time. */
  private static final class Tally {
    private final RatingProcess ratings = new RatingProcess();
    private int wins;
    private int losses;

    Point point(@Nullable Instant at) {
      RatingEvidence rated = ratings.evidence();
      DuelEvidence evidence = new DuelEvidence(new VoteEvidence(wins, losses), rated);
      return new Point(wins, losses, rated.ratings(), evidence.eValue(), at);
    }
  }

  private record Counted(Consumer<Tally> to, @Nullable Instant at) {
    static Counted vote(ResultSet row) throws SQLException {
      boolean won = row.getBoolean("won");
      return new Counted(
          tally -> {
            tally.wins += won ? 1 : 0;
            tally.losses += won ? 0 : 1;
          },
          Sql.instantOrNull(row, "recorded_at"));
    }

    static Counted rating(ResultSet row) throws SQLException {
      boolean candidate = row.getBoolean("of_candidate");
      double share = row.getDouble("share");
      boolean up = row.getBoolean("up");
      return new Counted(
          tally -> tally.ratings.add(candidate, share, up), Sql.instant(row, "rated_at"));
    }
  }

  /** Points in the order of the votes; of a long duel only some, the last among them. */
  public List<Point> points(String rollout) {
    List<Counted> counted =
        merged(
            database.list(Counted::vote, VOTES, rollout, MAX_VOTES),
            database.list(Counted::rating, RATINGS, rollout, MAX_VOTES));
    int every = Math.max(1, counted.size() / MAX_POINTS);
    List<Point> points = new ArrayList<>();
    Tally tally = new Tally();
    for (int i = 0; i < counted.size(); i++) {
      counted.get(i).to().accept(tally);
      if ((i + 1) % every == 0 || i == counted.size() - 1) {
        points.add(tally.point(counted.get(i).at()));
      }
    }
    return points;
  }

  /** Both in their own order; a vote without a time follows the one before it. */
  private static List<Counted> merged(List<Counted> votes, List<Counted> ratings) {
    List<Counted> all = new ArrayList<>();
    int next = 0;
    for (Counted vote : votes) {
      while (next < ratings.size() && isBefore(ratings.get(next), vote)) {
        all.add(ratings.get(next++));
      }
      all.add(vote);
    }
    all.addAll(ratings.subList(next, ratings.size()));
    return all;
  }

  private static boolean isBefore(Counted rating, Counted vote) {
    return rating.at() != null && vote.at() != null && rating.at().isBefore(vote.at());
  }
}
