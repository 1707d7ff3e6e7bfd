package dev.whetstone.preference;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Casts many ballots at once: owner check, votes and what was there before, in one statement. A
 * pair is open to the key and user it was offered to until it expires, and to whoever holds a lease
 * on it until that ends.
 */
final class VoteStatement {
  // Votes go in in the order of their keys, so that two batches never wait for each other
  // crosswise. Every table is looked into ballot by ballot (LIMIT 1 keeps the planner from joining
  // it whole): the plan of a prepared statement stays the one made while the tables were small.
  private static final String SQL =
      """
      WITH ballot AS (
        SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
            ?::text[], ?::real[]) WITH ORDINALITY
          AS b (preference_id, pair_id, key_id, user_id, choice, comment, tags, confidence, place)),
      open AS (
        SELECT b.place, b.preference_id, b.pair_id, b.key_id, b.choice, b.comment, b.tags,
          b.confidence, p.policy_a, p.policy_b,
          CASE WHEN own THEN p.user_id ELSE l.user_id END AS user_id,
          CASE WHEN own THEN p.expires_at ELSE l.leased_until END AS closes_at
        FROM ballot b
          CROSS JOIN LATERAL (
            SELECT policy_a, policy_b, user_id, expires_at,
              key_id = b.key_id AND user_id = coalesce(b.user_id, user_id) AS own
            FROM pairs WHERE pair_id = b.pair_id LIMIT 1) p
          LEFT JOIN LATERAL (
            SELECT user_id, leased_until FROM leases
            WHERE NOT own AND pair_id = b.pair_id AND key_id = b.key_id
              AND user_id = coalesce(b.user_id, b.key_id) LIMIT 1) l ON true
        WHERE own OR l.user_id IS NOT NULL),
      fresh AS (
        INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, comment, tags,
          confidence, recorded_at, policy_a, policy_b)
        SELECT preference_id, pair_id, key_id, user_id, choice, comment,
          string_to_array(tags, E'\\n'), confidence, ?, policy_a, policy_b
        FROM open WHERE closes_at > ? ORDER BY pair_id, user_id, place
        ON CONFLICT (pair_id, user_id) DO NOTHING
        RETURNING preference_id, pair_id, user_id, choice, recorded_at)
      SELECT open.place, open.user_id, open.policy_a, open.policy_b, open.closes_at,
        coalesce(fresh.preference_id, old.preference_id) AS preference_id,
        coalesce(fresh.choice, old.choice) AS choice,
        coalesce(fresh.recorded_at, old.recorded_at) AS recorded_at
      FROM open
        LEFT JOIN fresh ON fresh.pair_id = open.pair_id AND fresh.user_id = open.user_id
        LEFT JOIN LATERAL (
          SELECT preference_id, choice, recorded_at FROM preferences
          WHERE fresh.preference_id IS NULL AND pair_id = open.pair_id
            AND user_id = open.user_id LIMIT 1) old ON true
      """;

  private VoteStatement() {}

  /**
   * What became of each ballot, in their order; empty where another vote was committed after this
   * statement began, which the next one will see.
   */
  static List<Optional<VoteOutcome>> cast(
      Connection connection, List<VoteRequest> ballots, Instant now) throws SQLException {
    Optional<VoteOutcome> unknown = Optional.of(new VoteOutcome.Unknown());
    List<Optional<VoteOutcome>> outcomes =
        new ArrayList<>(Collections.nCopies(ballots.size(), unknown));
    try (PreparedStatement vote = connection.prepareStatement(SQL)) {
      vote.setObject(1, texts(ballots, VoteRequest::preferenceId));
      vote.setObject(2, texts(ballots, VoteRequest::pairId));
      vote.setObject(3, texts(ballots, VoteRequest::keyId));
      vote.setObject(4, texts(ballots, VoteRequest::user));
      vote.setObject(5, texts(ballots, ballot -> ballot.choice().label()));
      vote.setObject(6, texts(ballots, VoteRequest::comment));
      vote.setObject(7, texts(ballots, ballot -> String.join("\n", ballot.tags())));
      vote.setArray(
          8,
          connection.createArrayOf(
              "float4",
              ballots.stream()
                  .map(
                      ballot ->
                          ballot.confidence() == null ? null : ballot.confidence().floatValue())
                  .toArray()));
      vote.setTimestamp(9, Timestamp.from(now));
      vote.setTimestamp(10, Timestamp.from(now));
      try (ResultSet row = vote.executeQuery()) {
        while (row.next()) {
          int place = row.getInt("place") - 1;
          outcomes.set(place, outcome(row, ballots.get(place), now));
        }
      }
    }
    return outcomes;
  }

  private static @Nullable String[] texts(
      List<VoteRequest> ballots, Function<VoteRequest, @Nullable String> part) {
    return ballots.stream().map(part).toArray(String[]::new);
  }

  private static Optional<VoteOutcome> outcome(ResultSet row, VoteRequest ballot, Instant now)
      throws SQLException {
    String choice = row.getString("choice");
    if (choice == null) {
      boolean closed = !row.getTimestamp("closes_at").toInstant().isAfter(now);
      return closed ? Optional.of(new VoteOutcome.Expired()) : Optional.empty();
    }
    if (!choice.equals(ballot.choice().label())) {
      return Optional.of(new VoteOutcome.Conflict());
    }
    String id = row.getString("preference_id");
    return Optional.of(
        new VoteOutcome.Recorded(
            id,
            row.getString("user_id"),
            row.getString("policy_a"),
            row.getString("policy_b"),
            row.getTimestamp("recorded_at").toInstant(),
            !id.equals(ballot.preferenceId())));
  }
}
