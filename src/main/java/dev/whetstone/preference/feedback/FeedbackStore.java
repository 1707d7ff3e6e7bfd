package dev.whetstone.preference.feedback;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.Unusable;
import dev.whetstone.settings.EnumNames;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Records ratings; when a method returns, its effect is committed. */
public final class FeedbackStore {
  /** Tokenizes the text of an answer, with the end of a turn. */
  @FunctionalInterface
  public interface AnswerTokenizer {
    /** The token ids of an answer. */
    int[] ids(String answer);
  }

  // Orders the ratings of one voter, so that two at the same time do not miss each other.
  private static final String LOCK =
      """
      SELECT pg_advisory_xact_lock(hashtextextended('feedback ' || key_id || ' ' || user_id, 0))
      FROM answers WHERE completion_id = ?
      """;

  private static final String ANSWER =
      """
      SELECT a.key_id, a.user_id, a.expires_at, a.base_hash,
        r.feedback_id, r.rating, r.edit, r.comment, r.tags, r.recorded_at, r.pair_id
      FROM answers a LEFT JOIN ratings r USING (completion_id)
      WHERE a.completion_id = ? AND a.key_id = ? AND a.user_id = coalesce(?, a.user_id)
        AND NOT a.imported
      """;

  private static final String UPSERT =
      """
      INSERT INTO ratings (feedback_id, completion_id, key_id, user_id, rating, first_rating, edit,
        comment, tags, recorded_at, first_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, string_to_array(?, E'\\n'), ?, ?)
      ON CONFLICT (completion_id) DO UPDATE SET rating = excluded.rating, edit = excluded.edit,
        comment = excluded.comment, tags = excluded.tags, recorded_at = excluded.recorded_at
      """;

  private static final String UNUSABLE =
      "SELECT coalesce(unusable, '') FROM judged_ratings WHERE feedback_id = ?";

  private final Database database;
  private final InstantSource clock;
  private final UnaryOperator<String> ids;

  /**
   * Creates a store.
   *
   * @param ids makes a random id with the given prefix
   */
  public FeedbackStore(Database database, InstantSource clock, UnaryOperator<String> ids) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
  }

  private record Earlier(
      String keyId,
      String user,
      Instant expiresAt,
      String baseHash,
      @Nullable String feedbackId,
      @Nullable String rating,
      @Nullable String edit,
      @Nullable String comment,
      @Nullable List<String> tags,
      @Nullable Instant recordedAt,
      @Nullable String pairId) {
    static Earlier of(ResultSet row) throws SQLException {
      Array tags = row.getArray("tags");
      return new Earlier(
          row.getString("key_id"),
          row.getString("user_id"),
          Sql.instant(row, "expires_at"),
          row.getString("base_hash"),
          row.getString("feedback_id"),
          row.getString("rating"),
          row.getString("edit"),
          row.getString("comment"),
          tags == null ? null : List.of((String[]) tags.getArray()),
          Sql.instantOrNull(row, "recorded_at"),
          row.getString("pair_id"));
    }

    boolean says(FeedbackRequest request) {
      return EnumNames.of(request.rating()).equals(rating)
          && Objects.equals(request.edit(), edit)
          && Objects.equals(request.comment(), comment)
          && request.tags().equals(tags);
    }
  }

  /**
   * Rates an answer; another rating than before replaces it. An edit makes a pair of the edit over
   * the answer; an opposite rating of another answer to the same prompt makes a pair of both.
   *
   * @param baseHash of the base that the tokenizer is of
   * @throws dev.whetstone.database.DatabaseUnavailableException when it may not be stored
   */
  public FeedbackOutcome rate(FeedbackRequest request, String baseHash, AnswerTokenizer tokenizer) {
    Instant now = clock.instant();
    return database.transaction(
        connection -> {
          Sql.list(connection, row -> true, LOCK, request.completionId());
          Optional<Earlier> found =
              Sql.first(
                  connection,
                  Earlier::of,
                  ANSWER,
                  request.completionId(),
                  request.keyId(),
                  request.user());
          if (found.isEmpty()) {
            return new FeedbackOutcome.Unknown();
          }
          Earlier earlier = found.get();
          if (earlier.says(request)) {
            return recorded(connection, request.feedbackId(), earlier);
          }
          if (!earlier.expiresAt.isAfter(now)) {
            return new FeedbackOutcome.Expired();
          }
          return record(connection, request, earlier, baseHash, tokenizer, now);
        });
  }

  private FeedbackOutcome record(
      Connection connection,
      FeedbackRequest request,
      Earlier earlier,
      String baseHash,
      AnswerTokenizer tokenizer,
      Instant now)
      throws SQLException {
    FeedbackPairs pairs = new FeedbackPairs(connection, ids, now);
    if (earlier.pairId != null) {
      pairs.remove(earlier.pairId);
    }
    Sql.update(
        connection,
        UPSERT,
        request.feedbackId(),
        request.completionId(),
        earlier.keyId,
        earlier.user,
        EnumNames.of(request.rating()),
        EnumNames.of(request.rating()),
        request.edit(),
        request.comment(),
        String.join("\n", request.tags()),
        now,
        now);
    String feedbackId = earlier.feedbackId == null ? request.feedbackId() : earlier.feedbackId;
    boolean usable =
        Sql.first(connection, row -> row.getString(1).isEmpty(), UNUSABLE, feedbackId)
            .orElseThrow();
    if (usable && baseHash.equals(earlier.baseHash)) {
      if (request.edit() != null) {
        pairs.ofEdit(feedbackId, request.edit(), tokenizer.ids(request.edit()));
      } else {
        pairs.ofOpposite(feedbackId);
      }
    }
    return recorded(connection, feedbackId, earlier);
  }

  private static FeedbackOutcome recorded(Connection connection, String feedbackId, Earlier earlier)
      throws SQLException {
    String id = earlier.feedbackId == null ? feedbackId : earlier.feedbackId;
    return Sql.first(
            connection,
            row ->
                new FeedbackOutcome.Recorded(
                    id,
                    earlier.user,
                    Sql.instant(row, "recorded_at"),
                    earlier.feedbackId != null,
                    row.getString("pair_id"),
                    Unusable.ofStored(row.getString("unusable"))),
            "SELECT recorded_at, pair_id, unusable FROM judged_ratings WHERE feedback_id = ?",
            id)
        .orElseThrow();
  }
}
