package dev.whetstone.preference;

import dev.whetstone.database.Database;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Pairs and votes in PostgreSQL: what a method returns is committed. */
public final class PreferenceLog {
  private static final String OFFER =
      """
      INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages,
        text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b,
        hash_a, hash_b, base_hash, sampling, metadata, created_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?::json, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?::json,
        ?, ?)
      """;

  // The owner check, the vote and what was there before, in one statement and one commit.
  private static final String VOTE =
      """
      WITH pair AS (
        SELECT * FROM pairs WHERE pair_id = ? AND key_id = ? AND user_id = ?),
      fresh AS (
        INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, recorded_at)
        SELECT ?, pair_id, key_id, user_id, ?, ? FROM pair WHERE expires_at > ?
        ON CONFLICT (pair_id, user_id) DO NOTHING
        RETURNING preference_id, choice, recorded_at)
      SELECT pair.policy_a, pair.policy_b, pair.expires_at, fresh.preference_id IS NULL AS repeated,
        coalesce(fresh.preference_id, old.preference_id) AS preference_id,
        coalesce(fresh.choice, old.choice) AS choice,
        coalesce(fresh.recorded_at, old.recorded_at) AS recorded_at
      FROM pair LEFT JOIN fresh ON true
        LEFT JOIN preferences old ON old.pair_id = pair.pair_id AND old.user_id = pair.user_id
      """;

  private final Database database;
  private final InstantSource clock;

  public PreferenceLog(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Stores a pair before it is shown. */
  public void offer(Pair pair) {
    database.statement(connection -> insert(connection, pair));
  }

  /** Casts a vote on the key's and user's own pair. */
  public VoteOutcome vote(Ballot ballot) {
    Optional<VoteOutcome> outcome = Optional.empty();
    // Empty when another vote was committed after this statement began: the next one sees it.
    while (outcome.isEmpty()) {
      outcome = database.statement(connection -> cast(connection, ballot));
    }
    return outcome.get();
  }

  private static int insert(Connection connection, Pair pair) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(OFFER)) {
      @Nullable Object[] values = {
        pair.pairId(),
        pair.keyId(),
        pair.user(),
        storable(pair.prompt().text()),
        pair.prompt().ids(),
        hash(pair.prompt().text()),
        pair.prompt().messages(),
        storable(pair.a().text()),
        storable(pair.b().text()),
        pair.a().ids(),
        pair.b().ids(),
        pair.a().logps(),
        pair.b().logps(),
        pair.a().finishReason(),
        pair.b().finishReason(),
        pair.a().policy(),
        pair.b().policy(),
        pair.a().hash(),
        pair.b().hash(),
        pair.baseHash(),
        pair.sampling(),
        pair.metadata(),
        Timestamp.from(pair.createdAt()),
        Timestamp.from(pair.expiresAt())
      };
      for (int i = 0; i < values.length; i++) {
        insert.setObject(i + 1, values[i]);
      }
      return insert.executeUpdate();
    }
  }

  private Optional<VoteOutcome> cast(Connection connection, Ballot ballot) throws SQLException {
    Instant now = clock.instant();
    try (PreparedStatement vote = connection.prepareStatement(VOTE)) {
      vote.setString(1, ballot.pairId());
      vote.setString(2, ballot.keyId());
      vote.setString(3, ballot.user());
      vote.setString(4, ballot.preferenceId());
      vote.setString(5, ballot.choice().label());
      vote.setTimestamp(6, Timestamp.from(now));
      vote.setTimestamp(7, Timestamp.from(now));
      try (ResultSet row = vote.executeQuery()) {
        return row.next() ? outcome(row, ballot, now) : Optional.of(new VoteOutcome.Unknown());
      }
    }
  }

  private static Optional<VoteOutcome> outcome(ResultSet row, Ballot ballot, Instant now)
      throws SQLException {
    String choice = row.getString("choice");
    if (choice == null) {
      boolean expired = !row.getTimestamp("expires_at").toInstant().isAfter(now);
      return expired ? Optional.of(new VoteOutcome.Expired()) : Optional.empty();
    }
    if (!choice.equals(ballot.choice().label())) {
      return Optional.of(new VoteOutcome.Conflict());
    }
    return Optional.of(
        new VoteOutcome.Recorded(
            row.getString("preference_id"),
            row.getString("policy_a"),
            row.getString("policy_b"),
            row.getTimestamp("recorded_at").toInstant(),
            row.getBoolean("repeated")));
  }

  // PostgreSQL's text holds every character but this one; the token ids keep what was sampled.
  private static String storable(String text) {
    return text.replace('\0', '\uFFFD');
  }

  private static byte[] hash(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }
}
