package dev.whetstone.preference;

import dev.whetstone.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
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

  // Looked at a stretch at a time, so that no statement takes long however many were voted on.
  private static final int STRETCH = 20_000;

  private static final String WAITING =
      """
      SELECT p.created_at, p.pair_id FROM (
        SELECT * FROM pairs WHERE (created_at, pair_id) >= (?, ?)
        ORDER BY created_at, pair_id LIMIT %d) p
      WHERE NOT p.imported AND p.expires_at > ? AND %s < ?
      ORDER BY p.created_at, p.pair_id LIMIT 1
      """
          .formatted(STRETCH, VOTES);

  private static final String END =
      """
      SELECT created_at, pair_id FROM pairs WHERE (created_at, pair_id) >= (?, ?)
      ORDER BY created_at, pair_id OFFSET %d LIMIT 1
      """
          .formatted(STRETCH - 1);

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

  // By overlap: every pair before it has its votes. It only saves looking at those again.
  private final AtomicReferenceArray<Place> fronts = new AtomicReferenceArray<>(MOST_OVERLAP + 1);

  public RaterQueue(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    for (int i = 0; i < fronts.length(); i++) {
      fronts.set(i, new Place(Instant.EPOCH, ""));
    }
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
          Place front = advance(connection, overlap, now);
          Lease wanted = new Lease(rater, overlap, now, now.plus(lease));
          Optional<Handed> handed;
          do {
            handed = choose(connection, front, wanted);
          } while (handed.isPresent() && !lease(connection, handed.get().pairId(), wanted));
          return handed;
        });
  }

  private record Lease(Rater rater, int overlap, Instant now, Instant until) {}

  private static void forget(Connection connection, Instant now) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM leases WHERE leased_until < ?")) {
      delete.setTimestamp(1, Timestamp.from(now.minus(FORGOTTEN)));
      delete.executeUpdate();
    }
  }

  private Place advance(Connection connection, int overlap, Instant now) throws SQLException {
    Place front = fronts.get(overlap);
    Optional<Place> waiting = waiting(connection, front, overlap, now);
    Optional<Place> end = waiting.isPresent() ? Optional.empty() : end(connection, front);
    while (end.isPresent()) {
      Place next = end.get();
      waiting = waiting(connection, next, overlap, now);
      end = waiting.isPresent() ? Optional.empty() : end(connection, next);
    }
    Place limit = new Place(now.minus(LATE), "");
    Place reached = waiting.filter(p -> p.createdAt.isBefore(limit.createdAt)).orElse(limit);
    if (reached.createdAt.isBefore(front.createdAt)) {
      return front;
    }
    fronts.set(overlap, reached);
    return reached;
  }

  private static Optional<Place> waiting(
      Connection connection, Place front, int overlap, Instant now) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(WAITING)) {
      select.setInt(from(select, front, now), overlap);
      return place(select);
    }
  }

  private static Optional<Place> end(Connection connection, Place front) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(END)) {
      select.setTimestamp(1, Timestamp.from(front.createdAt));
      select.setString(2, front.pairId);
      return place(select);
    }
  }

  private static Optional<Place> place(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      return row.next()
          ? Optional.of(new Place(row.getTimestamp(1).toInstant(), row.getString(2)))
          : Optional.empty();
    }
  }

  private static int from(PreparedStatement select, Place front, Instant now) throws SQLException {
    select.setTimestamp(1, Timestamp.from(front.createdAt));
    select.setString(2, front.pairId);
    select.setTimestamp(3, Timestamp.from(now));
    return 4;
  }

  private static Optional<Handed> choose(Connection connection, Place front, Lease wanted)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(NEXT)) {
      int at = from(select, front, wanted.now);
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
