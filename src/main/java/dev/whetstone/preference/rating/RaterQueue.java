package dev.whetstone.preference.rating;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.PreferenceRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Hands pairs to raters, the oldest first, each leased for a while: no more raters get a pair than
 * judgements are wanted of it, and none gets one twice while it is leased or once it is voted on.
 */
public final class RaterQueue {
  /** Most judgements that can be wanted of a pair. */
  public static final int MOST_OVERLAP = 10;

  // A pair may be committed this long after the time it bears.
  private static final Duration LATE = Duration.ofMinutes(1);
  // A late vote is told that its lease has ended until that is forgotten.
  private static final Duration FORGOTTEN = Duration.ofDays(1);

  private static final String VOTES =
      "(SELECT count(*) FROM preferences v WHERE v.pair_id = p.pair_id)";

  // Votes and leases that still run count alike: judgements that are in or on their way.
  private static final String JUDGEMENTS =
      VOTES
          + """
           + (SELECT count(*) FROM leases l
              WHERE l.pair_id = p.pair_id AND l.leased_until > ? AND NOT EXISTS (
                SELECT FROM preferences v WHERE v.pair_id = l.pair_id AND v.user_id = l.user_id))
          """;

  // Looked at a stretch at a time, each twice as long as the one before, so that a look costs
  // little where little was voted on and no statement takes long where much was.
  private static final int SHORTEST_STRETCH = 1_000;
  private static final int LONGEST_STRETCH = 32_000;

  private static final String STRETCH =
      """
      SELECT created_at, pair_id, expires_at FROM pairs
      WHERE NOT imported AND (created_at, pair_id) >= (?, ?) ORDER BY created_at, pair_id
      """;

  private static final String WAITING =
      "SELECT p.created_at, p.pair_id FROM ("
          + STRETCH
          + "LIMIT %d) p WHERE p.expires_at > ? AND "
          + VOTES
          + " < ? ORDER BY p.created_at, p.pair_id LIMIT 1";

  private static final String END = STRETCH + "OFFSET %d LIMIT 1";

  private static final String FRONT =
      "SELECT created_at, pair_id FROM rater_fronts WHERE overlap = ?";

  // Only from where it was: another may have moved it further.
  private static final String MOVE =
      """
      UPDATE rater_fronts SET created_at = ?, pair_id = ?
      WHERE overlap = ? AND created_at = ? AND pair_id = ?
      """;

  private static final String NEXT =
      """
      SELECT p.pair_id, p.prompt, p.messages, p.text_a, p.text_b, p.finish_a, p.finish_b
      FROM pairs p
      WHERE (p.created_at, p.pair_id) >= (?, ?) AND NOT p.imported AND p.expires_at > ? AND\s"""
          + JUDGEMENTS
          + """
           < ?
        AND NOT EXISTS (SELECT FROM preferences v WHERE v.pair_id = p.pair_id AND v.user_id = ?)
        AND NOT EXISTS (SELECT FROM leases l
          WHERE l.pair_id = p.pair_id AND l.user_id = ? AND l.leased_until > ?)
      ORDER BY p.created_at, p.pair_id LIMIT 1
      FOR NO KEY UPDATE SKIP LOCKED
      """;

  // Counted again, for a lease may have been committed after the row above was chosen.
  private static final String LEASE =
      """
      INSERT INTO leases (pair_id, key_id, user_id, leased_until)
      SELECT p.pair_id, ?, ?, ? FROM pairs p WHERE p.pair_id = ? AND\s"""
          + JUDGEMENTS
          + """
           < ?
      ON CONFLICT (pair_id, key_id, user_id) DO UPDATE SET leased_until = excluded.leased_until
      """;

  // An erasure, which takes votes away and sets the fronts back, is alone with them.
  private static final String SHARE =
      "SELECT pg_advisory_xact_lock_shared(hashtext('whetstone rater fronts'))";
  private static final String ALONE =
      "SELECT pg_advisory_xact_lock(hashtext('whetstone rater fronts'))";

  // Others' pairs that lose a vote may be handed out again.
  private static final String REOPEN =
      """
      UPDATE rater_fronts SET created_at = lost.earliest, pair_id = ''
      FROM (SELECT min(p.created_at) AS earliest FROM pairs p JOIN preferences v USING (pair_id)
            WHERE v.user_id = ? AND p.user_id <> ?) AS lost
      WHERE rater_fronts.created_at >= lost.earliest
      """;

  /** A pair as a rater sees it: not who wrote what, nor for whom. */
  public record Handed(
      String pairId,
      Instant leasedUntil,
      String prompt,
      @Nullable String messages,
      PreferenceRow.Answer a,
      PreferenceRow.Answer b) {}

  /** Who rates. */
  public record Rater(String keyId, String user) {}

  private record Place(Instant createdAt, String pairId) {}

  private final Database database;
  private final InstantSource clock;

  public RaterQueue(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Leases the next pair to a rater; empty when none waits for this one.
   *
   * @param overlap how many judgements are wanted of each pair, the votes it has included
   */
  public Optional<Handed> next(Rater rater, int overlap, Duration lease) {
    if (overlap < 1 || overlap > MOST_OVERLAP) {
      throw new IllegalArgumentException("overlap must be from 1 to " + MOST_OVERLAP);
    }
    Instant now = clock.instant();
    return database.transaction(
        connection -> {
          forget(connection, now);
          Sql.list(connection, _ -> true, SHARE);
          Place front = advance(connection, overlap, now);
          Lease wanted = new Lease(rater, overlap, now, now.plus(lease));
          Optional<Handed> handed;
          do {
            handed = choose(connection, front, wanted);
          } while (handed.isPresent() && !lease(connection, handed.get().pairId(), wanted));
          return handed;
        });
  }

  /** Looks again at the pairs that lose a user's votes, which the caller's transaction deletes. */
  public static void reopen(Connection connection, String user) throws SQLException {
    Sql.list(connection, _ -> true, ALONE);
    Sql.update(connection, REOPEN, user, user);
  }

  private record Lease(Rater rater, int overlap, Instant now, Instant until) {}

  private static void forget(Connection connection, Instant now) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM leases WHERE leased_until < ?")) {
      delete.setTimestamp(1, Timestamp.from(now.minus(FORGOTTEN)));
      delete.executeUpdate();
    }
  }

  /** Where to begin: no pair before it waits for a vote. */
  private static Place advance(Connection connection, int overlap, Instant now)
      throws SQLException {
    Place front = Sql.first(connection, RaterQueue::place, FRONT, overlap).orElseThrow();
    // a pair that is not to be seen yet may bear an earlier time than one that is
    Instant latest = now.minus(LATE);
    Place settled = front;
    Place from = front;
    int stretch = SHORTEST_STRETCH;
    Optional<Place> waiting = waiting(connection, from, stretch, overlap, now);
    Optional<Place> end = end(connection, from, stretch);
    while (waiting.isEmpty() && end.isPresent()) {
      from = end.get();
      settled = from.createdAt.isBefore(latest) ? from : settled;
      stretch = Math.min(2 * stretch, LONGEST_STRETCH);
      waiting = waiting(connection, from, stretch, overlap, now);
      end = end(connection, from, stretch);
    }
    if (!settled.equals(front)) {
      move(connection, overlap, front, settled);
    }
    return waiting.filter(place -> place.createdAt.isBefore(latest)).orElse(new Place(latest, ""));
  }

  private static Optional<Place> waiting(
      Connection connection, Place from, int stretch, int overlap, Instant now)
      throws SQLException {
    return Sql.first(
        connection,
        RaterQueue::place,
        WAITING.formatted(stretch),
        Timestamp.from(from.createdAt),
        from.pairId,
        Timestamp.from(now),
        overlap);
  }

  /** Where a whole stretch ends; empty where fewer pairs are left. */
  private static Optional<Place> end(Connection connection, Place from, int stretch)
      throws SQLException {
    return Sql.first(
        connection,
        RaterQueue::place,
        END.formatted(stretch - 1),
        Timestamp.from(from.createdAt),
        from.pairId);
  }

  private static void move(Connection connection, int overlap, Place from, Place to)
      throws SQLException {
    Sql.update(
        connection,
        MOVE,
        Timestamp.from(to.createdAt),
        to.pairId,
        overlap,
        Timestamp.from(from.createdAt),
        from.pairId);
  }

  private static Place place(ResultSet row) throws SQLException {
    return new Place(row.getTimestamp("created_at").toInstant(), row.getString("pair_id"));
  }

  private static Optional<Handed> choose(Connection connection, Place front, Lease wanted)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(NEXT)) {
      int at = 1;
      select.setTimestamp(at++, Timestamp.from(front.createdAt));
      select.setString(at++, front.pairId);
      select.setTimestamp(at++, Timestamp.from(wanted.now));
      select.setTimestamp(at++, Timestamp.from(wanted.now));
      select.setInt(at++, wanted.overlap);
      select.setString(at++, wanted.rater.user());
      select.setString(at++, wanted.rater.user());
      select.setTimestamp(at, Timestamp.from(wanted.now));
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(handed(row, wanted.until)) : Optional.empty();
      }
    }
  }

  private static boolean lease(Connection connection, String pairId, Lease wanted)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(LEASE)) {
      insert.setString(1, wanted.rater.keyId());
      insert.setString(2, wanted.rater.user());
      insert.setTimestamp(3, Timestamp.from(wanted.until));
      insert.setString(4, pairId);
      insert.setTimestamp(5, Timestamp.from(wanted.now));
      insert.setInt(6, wanted.overlap);
      return insert.executeUpdate() == 1;
    }
  }

  private static Handed handed(ResultSet row, Instant until) throws SQLException {
    return new Handed(
        row.getString("pair_id"),
        until,
        row.getString("prompt"),
        row.getString("messages"),
        new PreferenceRow.Answer(row.getString("text_a"), row.getString("finish_a")),
        new PreferenceRow.Answer(row.getString("text_b"), row.getString("finish_b")));
  }
}
