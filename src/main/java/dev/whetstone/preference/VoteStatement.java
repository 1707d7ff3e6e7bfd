package dev.whetstone.preference;

import dev.whetstone.database.Sql;
import dev.whetstone.settings.EnumNames;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Casts a batch of votes in one statement, which also checks who may vote and reads earlier votes.
 * A pair is open to the key and user it was shown to until it expires, and to the holder of a lease
 * on it until the lease ends.
 */
final class VoteStatement {
  // Votes are inserted in the order of their keys, so that two batches cannot deadlock. Every table
  // is probed once a vote (LIMIT 1 keeps the planner from joining whole tables), because a
  // prepared statement keeps the plan that was made while the tables were small.
  private static final String SQL =
      """
      WITH votes AS (
        SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
            ?::text[], ?::real[], ?::text[]) WITH ORDINALITY
          AS b (preference_id, pair_id, key_id, user_id, choice, comment, tags, confidence, source,
            place)),
      open AS (
        SELECT b.place, b.preference_id, b.pair_id, b.key_id, b.choice, b.comment, b.tags,
          b.confidence, b.source, p.policy_a, p.policy_b,
          CASE WHEN own THEN p.user_id ELSE l.user_id END AS user_id,
          CASE WHEN own THEN p.expires_at ELSE l.leased_until END AS closes_at
        FROM votes b
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
          confidence, source, recorded_at, counts_at, policy_a, policy_b)
        SELECT preference_id, pair_id, key_id, user_id, choice, comment,
          string_to_array(tags, E'\\n'), confidence, source, ?, ?, policy_a, policy_b
        FROM open WHERE closes_at > ? ORDER BY pair_id, key_id, user_id, place
        ON CONFLICT (pair_id, key_id, user_id) DO NOTHING
        RETURNING preference_id, pair_id, key_id, user_id, choice, recorded_at)
      SELECT open.place, open.user_id, open.policy_a, open.policy_b, open.closes_at,
        coalesce(fresh.preference_id, old.preference_id) AS preference_id,
        coalesce(fresh.choice, old.choice) AS choice,
        coalesce(fresh.recorded_at, old.recorded_at) AS recorded_at
      FROM open
        LEFT JOIN fresh ON fresh.pair_id = open.pair_id AND fresh.key_id = open.key_id
          AND fresh.user_id = open.user_id
        LEFT JOIN LATERAL (
          SELECT preference_id, choice, recorded_at FROM preferences
          WHERE fresh.preference_id IS NULL AND pair_id = open.pair_id
            AND key_id = open.key_id AND user_id = open.user_id LIMIT 1) old ON true
      """;

  // The lateral query is planned for one vote at a time, however small the tables were.
  private static final String UNUSABLE =
      """
      SELECT asked.place, judged.unusable
      FROM unnest(?::text[]) WITH ORDINALITY AS asked (preference_id, place)
        CROSS JOIN LATERAL (
          SELECT unusable FROM judged_votes WHERE preference_id = asked.preference_id LIMIT 1) judged
      """;

  private static final String CHANGE =
      """
      UPDATE preferences SET choice = ?, comment = ?, tags = string_to_array(?, E'\\n'), confidence = ?
      WHERE preference_id = ? AND counts_at > ?
      """;

  private VoteStatement() {}

  /**
   * Casts the votes and returns their outcomes, in order. Another choice than before changes the
   * vote until it counts. An outcome is empty where a concurrent vote was committed after this
   * statement began; the call must then be repeated, and will see it.
   */
  static List<Optional<VoteOutcome>> cast(
      Connection connection, List<VoteRequest> requests, Instant now, Duration undoWindow)
      throws SQLException {
    Optional<VoteOutcome> unknown = Optional.of(new VoteOutcome.Unknown());
    List<Optional<VoteOutcome>> outcomes =
        new ArrayList<>(Collections.nCopies(requests.size(), unknown));
    Array confidences =
        connection.createArrayOf(
            "float4",
            requests.stream()
                .map(
                    request ->
                        request.confidence() == null ? null : request.confidence().floatValue())
                .toArray());
    List<Earlier> others = new ArrayList<>();
    Sql.list(
        connection,
        row -> {
          int index = row.getInt("place") - 1;
          Optional<VoteOutcome> outcome = outcome(row, requests.get(index), now);
          if (outcome.isPresent() && outcome.get() instanceof VoteOutcome.Conflict) {
            others.add(new Earlier(index, recorded(row, true)));
          }
          return outcomes.set(index, outcome);
        },
        SQL,
        texts(requests, VoteRequest::preferenceId),
        texts(requests, VoteRequest::pairId),
        texts(requests, VoteRequest::keyId),
        texts(requests, VoteRequest::user),
        texts(requests, request -> request.choice().label()),
        texts(requests, VoteRequest::comment),
        texts(requests, request -> String.join("\n", request.tags())),
        confidences,
        texts(requests, request -> EnumNames.of(request.source())),
        now,
        undoWindow.isZero() ? null : now.plus(undoWindow),
        now);
    for (Earlier other : others) {
      if (change(connection, requests.get(other.index), other.vote, now)) {
        outcomes.set(other.index, Optional.of(other.vote));
      }
    }
    return withUse(connection, outcomes);
  }

  /** A vote of before that made another choice than the request at an index. */
  private record Earlier(int index, VoteOutcome.Recorded vote) {}

  private static boolean change(
      Connection connection, VoteRequest request, VoteOutcome.Recorded vote, Instant now)
      throws SQLException {
    return Sql.update(
            connection,
            CHANGE,
            request.choice().label(),
            request.comment(),
            String.join("\n", request.tags()),
            request.confidence(),
            vote.preferenceId(),
            now)
        > 0;
  }

  private static List<Optional<VoteOutcome>> withUse(
      Connection connection, List<Optional<VoteOutcome>> outcomes) throws SQLException {
    @Nullable String[] ids =
        outcomes.stream()
            .map(
                outcome ->
                    outcome.orElse(null) instanceof VoteOutcome.Recorded vote
                        ? vote.preferenceId()
                        : null)
            .toArray(String[]::new);
    Sql.list(
        connection,
        row -> {
          int index = row.getInt("place") - 1;
          Unusable unusable = Unusable.ofStored(row.getString("unusable"));
          return outcomes.set(
              index,
              outcomes
                  .get(index)
                  .map(
                      outcome ->
                          outcome instanceof VoteOutcome.Recorded vote
                              ? vote.withUnusable(unusable)
                              : outcome));
        },
        UNUSABLE,
        (Object) ids);
    return outcomes;
  }

  private static @Nullable String[] texts(
      List<VoteRequest> requests, Function<VoteRequest, @Nullable String> part) {
    return requests.stream().map(part).toArray(String[]::new);
  }

  private static Optional<VoteOutcome> outcome(ResultSet row, VoteRequest request, Instant now)
      throws SQLException {
    String choice = row.getString("choice");
    if (choice == null) {
      boolean closed = !row.getTimestamp("closes_at").toInstant().isAfter(now);
      return closed ? Optional.of(new VoteOutcome.Expired()) : Optional.empty();
    }
    if (!choice.equals(request.choice().label())) {
      return Optional.of(new VoteOutcome.Conflict());
    }
    boolean repeated = !row.getString("preference_id").equals(request.preferenceId());
    return Optional.of(recorded(row, repeated));
  }

  private static VoteOutcome.Recorded recorded(ResultSet row, boolean repeated)
      throws SQLException {
    return new VoteOutcome.Recorded(
        row.getString("preference_id"),
        row.getString("user_id"),
        row.getString("policy_a"),
        row.getString("policy_b"),
        row.getTimestamp("recorded_at").toInstant(),
        repeated,
        null);
  }
}
