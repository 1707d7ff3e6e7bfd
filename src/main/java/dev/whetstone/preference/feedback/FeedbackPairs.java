package dev.whetstone.preference.feedback;

import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Pairs that ratings make, in the caller's transaction: one of an edit over its answer, and one of
 * two answers that one voter rated oppositely. They are closed to votes, no duel counts them, and a
 * rating in one is not trained on alone.
 */
final class FeedbackPairs {
  /** The version name of a side that a person wrote. */
  private static final String EDIT = "edit";

  private static final String PARTNER =
      """
      SELECT o.feedback_id
      FROM ratings r JOIN answers a USING (completion_id)
        JOIN answers b ON b.key_id = a.key_id AND b.user_id = a.user_id AND b.prompt = a.prompt
          AND b.base_hash = a.base_hash AND b.text <> a.text AND b.ids <> a.ids
        JOIN ratings o ON o.completion_id = b.completion_id
        JOIN usable_ratings u ON u.feedback_id = o.feedback_id
      WHERE r.feedback_id = ? AND o.rating <> r.rating
      ORDER BY o.recorded_at DESC, o.seq DESC LIMIT 1
      """;

  private static final String PAIR_COLUMNS =
      """
      INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages,
        text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b,
        hash_a, hash_b, base_hash, sampling, created_at, expires_at, imported, line)
      """;

  private static final String EDIT_PAIR =
      PAIR_COLUMNS
          + """
          SELECT ?, a.key_id, a.user_id, a.prompt, a.prompt_ids,
            sha256(convert_to(a.prompt, 'UTF8')), a.messages, ?, a.text, ?, a.ids, '{}', '{}',
            'stop', a.finish, ?, a.policy, ?, a.hash, a.base_hash, '{}', ?::timestamptz,
            ?::timestamptz + interval '1 millisecond', true, a.line
          FROM ratings r JOIN answers a USING (completion_id)
          WHERE r.feedback_id = ? AND a.text <> ? AND a.ids <> ?
          """;

  private static final String OPPOSITE_PAIR =
      PAIR_COLUMNS
          + """
          SELECT ?, a.key_id, a.user_id, a.prompt, a.prompt_ids,
            sha256(convert_to(a.prompt, 'UTF8')), a.messages, a.text, b.text, a.ids, b.ids, '{}',
            '{}', a.finish, b.finish, a.policy, b.policy, a.hash, b.hash, a.base_hash, '{}', ?::timestamptz,
            ?::timestamptz + interval '1 millisecond', true, a.line
          FROM answers a, answers b
          WHERE a.completion_id = (SELECT completion_id FROM ratings
              WHERE feedback_id IN (?, ?) AND rating = 'up')
            AND b.completion_id = (SELECT completion_id FROM ratings
              WHERE feedback_id IN (?, ?) AND rating = 'down')
          """;

  private static final String VOTE =
      """
      INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, tags, recorded_at,
        imported, policy_a, policy_b, source, line)
      SELECT ?, p.pair_id, p.key_id, p.user_id, 'a', r.tags, ?::timestamptz, true, p.policy_a, p.policy_b, ?,
        p.line
      FROM pairs p, ratings r WHERE p.pair_id = ? AND r.feedback_id = ?
      """;

  private final Connection connection;
  private final UnaryOperator<String> ids;
  private final Timestamp now;

  FeedbackPairs(Connection connection, UnaryOperator<String> ids, Instant now) {
    this.connection = connection;
    this.ids = ids;
    this.now = Timestamp.from(now);
  }

  /** Deletes a pair that a rating made; its ratings stand alone again. */
  void remove(String pairId) throws SQLException {
    Sql.update(connection, "DELETE FROM pairs WHERE pair_id = ?", pairId);
  }

  /** Makes a pair of an edit over its answer; none where they are the same. */
  void ofEdit(String feedbackId, String edit, int[] editIds) throws SQLException {
    String pairId = ids.apply("pair");
    int made =
        Sql.update(
            connection,
            EDIT_PAIR,
            pairId,
            edit,
            editIds,
            EDIT,
            EDIT,
            now,
            now,
            feedbackId,
            edit,
            editIds);
    if (made > 0) {
      vote(pairId, feedbackId, EDIT);
      link(pairId, feedbackId);
    }
  }

  /** Makes a pair with the newest answer that was rated oppositely; none where there is none. */
  void ofOpposite(String feedbackId) throws SQLException {
    Optional<String> partner = Sql.first(connection, row -> row.getString(1), PARTNER, feedbackId);
    if (partner.isEmpty()) {
      return;
    }
    String other = partner.get();
    String pairId = ids.apply("pair");
    Sql.update(connection, OPPOSITE_PAIR, pairId, now, now, feedbackId, other, feedbackId, other);
    vote(pairId, feedbackId, "rating");
    link(pairId, feedbackId);
    link(pairId, other);
  }

  private void vote(String pairId, String feedbackId, String source) throws SQLException {
    Sql.update(connection, VOTE, ids.apply("pref"), now, source, pairId, feedbackId);
  }

  private void link(String pairId, String feedbackId) throws SQLException {
    Sql.update(
        connection, "UPDATE ratings SET pair_id = ? WHERE feedback_id = ?", pairId, feedbackId);
  }
}
