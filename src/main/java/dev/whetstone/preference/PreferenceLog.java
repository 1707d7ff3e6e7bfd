package dev.whetstone.preference;

import dev.whetstone.database.Database;
import dev.whetstone.database.GroupCommit;
import dev.whetstone.database.Sql;
import dev.whetstone.io.Sha256;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Stores pairs and votes in PostgreSQL; when a method returns, its effect is committed. */
public final class PreferenceLog {
  private static final String INSERT_PAIR =
      """
      INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages,
        text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b,
        hash_a, hash_b, base_hash, sampling, metadata, created_at, expires_at, imported, learn)
      VALUES (?, ?, ?, ?, ?, ?, ?::json, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?::json,
        ?, ?, ?, ? AND may_learn(?, ?))
      """;

  // Two batches in flight keep disk and processor busy at the same time; more gain nothing.
  private static final int MAX_COMMITS = 2;
  private static final int MAX_BATCH = 128;
  private static final int MAX_WAITING = 8_192;
  private static final Duration TIMEOUT = Duration.ofSeconds(8);

  private final Database database;
  private final GroupCommit<VoteRequest, Optional<VoteOutcome>> votes;

  /** Creates a log whose votes count at once. */
  public PreferenceLog(Database database, InstantSource clock) {
    this(database, clock, Duration.ZERO);
  }

  /**
   * Creates a log.
   *
   * @param undoWindow how long a vote may be changed or taken back before it counts
   */
  public PreferenceLog(Database database, InstantSource clock, Duration undoWindow) {
    this.database = database;
    this.votes =
        new GroupCommit<>(
            MAX_COMMITS,
            MAX_BATCH,
            MAX_WAITING,
            TIMEOUT,
            database::reportUnavailable,
            requests ->
                database.statement(
                    connection ->
                        VoteStatement.cast(connection, requests, clock.instant(), undoWindow)));
  }

  /**
   * Stores a pair; must be called before the pair is shown.
   *
   * @return whether it may be learned from: not where its request, its user or its key refuses
   */
  public boolean storePair(Pair pair) {
    return database.statement(
        connection -> {
          insertPairs(connection, List.of(pair), false);
          return Sql.first(
                  connection,
                  row -> row.getBoolean(1),
                  "SELECT learn FROM pairs WHERE pair_id = ?",
                  pair.pairId())
              .orElse(false);
        });
  }

  /**
   * Casts a vote, in one transaction with others that are cast at the same time.
   *
   * @throws dev.whetstone.database.DatabaseUnavailableException when it may not be stored
   */
  public VoteOutcome vote(VoteRequest request) {
    Optional<VoteOutcome> outcome = Optional.empty();
    while (outcome.isEmpty()) {
      outcome = votes.call(request);
    }
    return outcome.get();
  }

  /**
   * Stores pairs in the caller's transaction.
   *
   * @param imported whether they come from a file
   * @return how many pairs were stored
   */
  public static int insertPairs(Connection connection, List<Pair> pairs, boolean imported)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT_PAIR)) {
      for (Pair pair : pairs) {
        @Nullable Object[] values = values(pair, imported);
        for (int i = 0; i < values.length; i++) {
          insert.setObject(i + 1, values[i]);
        }
        insert.addBatch();
      }
      return insert.executeBatch().length;
    }
  }

  private static @Nullable Object[] values(Pair pair, boolean imported) {
    return new @Nullable Object[] {
      pair.pairId(),
      pair.keyId(),
      pair.user(),
      storable(pair.prompt().text()),
      pair.prompt().ids(),
      Sha256.bytes(pair.prompt().text()),
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
      Timestamp.from(pair.expiresAt()),
      imported,
      pair.learn(),
      pair.keyId(),
      pair.user()
    };
  }

  // PostgreSQL's text holds every character but U+0000; the token ids keep what was sampled.
  private static String storable(String text) {
    return text.replace('\0', '\uFFFD');
  }
}
