package dev.whetstone.preference.rating;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.PreferenceRow;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Leases pairs to raters, oldest first. No more raters get a pair than judgements of it are wanted,
 * and no rater gets a pair again while it is leased to them or after they voted on it.
 *
 * <p>For each overlap (the number of judgements wanted), {@code rater_fronts} holds a cursor: every
 * pair before it has that many votes or has expired. Raters advance cursors under a shared advisory
 * lock and by compare-and-set; {@link #rewindCursors} moves them back under the exclusive lock.
 */
public final class RaterQueue {
  /** Largest number of judgements that can be wanted of a pair. */
  public static final int MAX_OVERLAP = 10;

  // A pair may be committed up to this long after its created_at.
  private static final Duration MAX_COMMIT_DELAY = Duration.ofMinutes(1);
  // How long an ended lease is kept: until then a late vote is answered "expired", not "unknown".
  private static final Duration LEASE_RETENTION = Duration.ofDays(1);

  private static final String VOTES =
      "(SELECT count(*) FROM preferences v WHERE v.pair_id = p.pair_id)";

  // A running lease counts like a vote, unless its rater has voted already.
  private static final String JUDGEMENTS =
      VOTES
          + """
           + (SELECT count(*) FROM leases l
              WHERE l.pair_id = p.pair_id AND l.leased_until > ? AND NOT EXISTS (
                SELECT FROM preferences v
                WHERE v.pair_id = l.pair_id AND v.key_id = l.key_id AND v.user_id = l.user_id))
          """;

  // Pairs are scanned in windows that double in size, so that a scan is cheap where few pairs are
  // judged and no statement takes long where many are.
  private static final int MIN_WINDOW = 1_000;
  private static final int MAX_WINDOW = 32_000;

  private static final String WINDOW =
      """
      SELECT created_at, pair_id, expires_at FROM pairs
      WHERE NOT imported AND learn AND (created_at, pair_id) >= (?, ?)
      ORDER BY created_at, pair_id
      """;

  private static final String FIRST_WAITING =
      "SELECT p.created_at, p.pair_id FROM ("
          + WINDOW
          + "LIMIT %d) p WHERE p.expires_at > ? AND "
          + VOTES
          + " < ? ORDER BY p.created_at, p.pair_id LIMIT 1";

  private static final String WINDOW_END = WINDOW + "OFFSET %d LIMIT 1";

  private static final String CURSOR =
      "SELECT created_at, pair_id FROM rater_fronts WHERE overlap = ?";

  // Compare-and-set: another rater may have advanced the cursor further.
  private static final String MOVE_CURSOR =
      """
      UPDATE rater_fronts SET created_at = ?, pair_id = ?
      WHERE overlap = ? AND created_at = ? AND pair_id = ?
      """;

  private static final String NEXT_PAIR =
      """
      SELECT p.pair_id, p.prompt, p.messages, p.text_a, p.text_b, p.finish_a, p.finish_b
      FROM pairs p
      WHERE (p.created_at, p.pair_id) >= (?, ?) AND NOT p.imported AND p.learn AND p.expires_at > ?
        AND NOT EXISTS (SELECT FROM keys k WHERE k.id = p.key_id AND NOT k.learn)
        AND NOT EXISTS (SELECT FROM learning_refusals r
          WHERE r.user_id = p.user_id AND r.key_id IN (p.key_id, '')) AND\s"""
          + JUDGEMENTS
          + """
           < ?
        AND NOT EXISTS (SELECT FROM preferences v
          WHERE v.pair_id = p.pair_id AND v.key_id = ? AND v.user_id = ?)
        AND NOT EXISTS (SELECT FROM leases l
          WHERE l.pair_id = p.pair_id AND l.key_id = ? AND l.user_id = ? AND l.leased_until > ?)
        AND NOT EXISTS (SELECT FROM skips s
          WHERE s.pair_id = p.pair_id AND s.key_id = ? AND s.user_id = ?)
        AND (?::text IS NULL OR has_tag(p, ?::text))
      ORDER BY p.created_at, p.pair_id LIMIT 1
      FOR NO KEY UPDATE\s""";

  // Counts again, because a lease may have been committed after the pair was chosen.
  private static final String INSERT_LEASE =
      """
      INSERT INTO leases (pair_id, key_id, user_id, leased_until)
      SELECT p.pair_id, ?, ?, ? FROM pairs p WHERE p.pair_id = ? AND\s"""
          + JUDGEMENTS
          + """
           < ?
      ON CONFLICT (pair_id, key_id, user_id) DO UPDATE SET leased_until = excluded.leased_until
      """;

  // An erasure deletes votes and moves cursors back, so it excludes raters that advance them.
  private static final String LOCK_CURSORS_SHARED =
      "SELECT pg_advisory_xact_lock_shared(hashtext('whetstone rater fronts'))";
  private static final String LOCK_CURSORS =
      "SELECT pg_advisory_xact_lock(hashtext('whetstone rater fronts'))";

  // Pairs that lose a vote may be leased again.
  private static final String REWIND_CURSORS =
      """
      UPDATE rater_fronts SET created_at = lost.earliest, pair_id = ''
      FROM (SELECT min(p.created_at) AS earliest FROM pairs p JOIN preferences v USING (pair_id)
            WHERE v.preference_id = ANY (?)) AS lost
      WHERE rater_fronts.created_at >= lost.earliest
      """;

  /** A pair as a rater sees it: without its versions and the user it was made for. */
  public record LeasedPair(
      String pairId,
      Instant leasedUntil,
      String prompt,
      @Nullable String messages,
      PreferenceRow.Answer a,
      PreferenceRow.Answer b) {}

  /** A rater: the key of the request and the user it names. */
  public record Rater(String keyId, String user) {
    /** The user that a request names; the key itself where it names none. */
    public static Rater of(String keyId, @Nullable String user) {
      return new Rater(keyId, user == null ? keyId : user);
    }
  }

  /** A position in the order of pairs by {@code created_at, pair_id}. */
  private record Position(Instant createdAt, String pairId) {}

  private final Database database;
  private final InstantSource clock;

  public RaterQueue(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Leases the next pair to a rater; empty when there is none for this rater.
   *
   * @param overlap how many judgements are wanted of each pair, including the votes it has
   * @param tag of the pair's metadata or of a vote on it; null for any pair
   * @throws IllegalArgumentException when {@code overlap} is out of range
   */
  public Optional<LeasedPair> leaseNext(
      Rater rater, int overlap, Duration lease, @Nullable String tag) {
    if (overlap < 1 || overlap > MAX_OVERLAP) {
      throw new IllegalArgumentException("overlap must be from 1 to " + MAX_OVERLAP);
    }
    Instant now = clock.instant();
    LeaseRequest request = new LeaseRequest(rater, overlap, now, now.plus(lease), tag);
    Attempt attempt;
    do {
      attempt = database.transaction(connection -> attempt(connection, request));
    } while (attempt.overtaken);
    return attempt.leased;
  }

  /**
   * What one transaction came to.
   *
   * @param overtaken whether another rater took the last judgement that was wanted of the pair
   */
  private record Attempt(Optional<LeasedPair> leased, boolean overtaken) {}

  // A transaction locks one pair at most, so that raters never wait for each other in a circle.
  private static Attempt attempt(Connection connection, LeaseRequest request) throws SQLException {
    deleteOldLeases(connection, request.now);
    Sql.list(connection, _ -> true, LOCK_CURSORS_SHARED);
    Position cursor = advanceCursor(connection, request.overlap, request.now);
    Optional<LeasedPair> chosen = choosePair(connection, cursor, request, "SKIP LOCKED");
    if (chosen.isEmpty()) {
      // Pairs that other raters are leasing at this moment may want a further judgement.
      chosen = choosePair(connection, cursor, request, "");
    }
    boolean overtaken =
        chosen.isPresent() && !insertLease(connection, chosen.get().pairId(), request);
    return new Attempt(chosen, overtaken);
  }

  /**
   * Moves the cursors back to the first pair that loses one of these votes, so that it can be
   * leased again. The caller deletes them in the same transaction.
   */
  public static void rewindCursors(Connection connection, String[] preferenceIds)
      throws SQLException {
    Sql.list(connection, _ -> true, LOCK_CURSORS);
    Sql.update(connection, REWIND_CURSORS, (Object) preferenceIds);
  }

  private record LeaseRequest(
      Rater rater, int overlap, Instant now, Instant until, @Nullable String tag) {}

  private static void deleteOldLeases(Connection connection, Instant now) throws SQLException {
    Sql.update(connection, "DELETE FROM leases WHERE leased_until < ?", now.minus(LEASE_RETENTION));
  }

  /** Advances the cursor and returns where to search: no earlier pair lacks votes. */
  private static Position advanceCursor(Connection connection, int overlap, Instant now)
      throws SQLException {
    Position cursor = Sql.first(connection, RaterQueue::position, CURSOR, overlap).orElseThrow();
    // A pair that is not committed yet may have an earlier created_at than one that is visible.
    Instant latest = now.minus(MAX_COMMIT_DELAY);
    Position advanced = cursor;
    Position from = cursor;
    int window = MIN_WINDOW;
    Optional<Position> waiting = firstWaiting(connection, from, window, overlap, now);
    Optional<Position> end = windowEnd(connection, from, window);
    while (waiting.isEmpty() && end.isPresent()) {
      from = end.get();
      advanced = from.createdAt.isBefore(latest) ? from : advanced;
      window = Math.min(2 * window, MAX_WINDOW);
      waiting = firstWaiting(connection, from, window, overlap, now);
      end = windowEnd(connection, from, window);
    }
    if (!advanced.equals(cursor)) {
      moveCursor(connection, overlap, cursor, advanced);
    }
    return waiting
        .filter(position -> position.createdAt.isBefore(latest))
        .orElse(new Position(latest, ""));
  }

  private static Optional<Position> firstWaiting(
      Connection connection, Position from, int window, int overlap, Instant now)
      throws SQLException {
    return Sql.first(
        connection,
        RaterQueue::position,
        FIRST_WAITING.formatted(window),
        from.createdAt,
        from.pairId,
        now,
        overlap);
  }

  /** The last position of a full window; empty when fewer pairs are left. */
  private static Optional<Position> windowEnd(Connection connection, Position from, int window)
      throws SQLException {
    return Sql.first(
        connection,
        RaterQueue::position,
        WINDOW_END.formatted(window - 1),
        from.createdAt,
        from.pairId);
  }

  private static void moveCursor(Connection connection, int overlap, Position from, Position to)
      throws SQLException {
    Sql.update(
        connection, MOVE_CURSOR, to.createdAt, to.pairId, overlap, from.createdAt, from.pairId);
  }

  private static Position position(ResultSet row) throws SQLException {
    return new Position(row.getTimestamp("created_at").toInstant(), row.getString("pair_id"));
  }

  private static Optional<LeasedPair> choosePair(
      Connection connection, Position cursor, LeaseRequest request, String whenLocked)
      throws SQLException {
    return Sql.first(
        connection,
        row -> leasedPair(row, request.until),
        NEXT_PAIR + whenLocked,
        cursor.createdAt,
        cursor.pairId,
        request.now,
        request.now,
        request.overlap,
        request.rater.keyId(),
        request.rater.user(),
        request.rater.keyId(),
        request.rater.user(),
        request.now,
        request.rater.keyId(),
        request.rater.user(),
        request.tag,
        request.tag);
  }

  private static boolean insertLease(Connection connection, String pairId, LeaseRequest request)
      throws SQLException {
    int inserted =
        Sql.update(
            connection,
            INSERT_LEASE,
            request.rater.keyId(),
            request.rater.user(),
            request.until,
            pairId,
            request.now,
            request.overlap);
    return inserted == 1;
  }

  private static LeasedPair leasedPair(ResultSet row, Instant until) throws SQLException {
    return new LeasedPair(
        row.getString("pair_id"),
        until,
        row.getString("prompt"),
        row.getString("messages"),
        new PreferenceRow.Answer(row.getString("text_a"), row.getString("finish_a")),
        new PreferenceRow.Answer(row.getString("text_b"), row.getString("finish_b")));
  }
}
