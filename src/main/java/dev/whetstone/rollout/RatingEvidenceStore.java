package dev.whetstone.rollout;

import dev.whetstone.database.Sql;
import dev.whetstone.preference.Unusable;
import dev.whetstone.rollout.evidence.RatingEvidence;
import dev.whetstone.rollout.evidence.RatingProcess;
import dev.whetstone.rollout.evidence.VoteAdmission;
import dev.whetstone.settings.Labelled;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ratings of single answers in a duel. A conversation, of a voter and a first message, counts
 * with its first rating. Conversations have their turn in the order in which they began, and wait
 * for earlier ones that can still be rated: whether an arm is rated sooner must not tell. Each
 * rating is admitted or not when its turn comes, as votes are. Only the leader admits.
 */
final class RatingEvidenceStore {
  private static final String NEW_RATINGS =
      """
      WITH rated AS (
        SELECT r.feedback_id, r.key_id, r.user_id, a.conversation, a.hash = ? AS of_candidate,
          a.share, r.first_rating = 'up' AS up, r.first_at, r.seq, j.unusable,
          (SELECT min(b.created_at) FROM answers b WHERE b.rollout_id = a.rollout_id
            AND b.key_id = a.key_id AND b.user_id = a.user_id
            AND b.conversation = a.conversation) AS began_at
        FROM answers a JOIN ratings r USING (completion_id) JOIN judged_ratings j USING (feedback_id)
        WHERE a.rollout_id = ? AND NOT EXISTS (SELECT FROM evidence_ratings e
          WHERE e.subject = a.rollout_id AND e.feedback_id = r.feedback_id))
      SELECT * FROM rated WHERE began_at < coalesce(?, 'infinity'::timestamptz)
      ORDER BY began_at, first_at, seq
      """;

  private static final String FIRST_OPEN =
      """
      SELECT min(a.created_at) FROM answers a
      WHERE a.rollout_id = ? AND a.created_at > ? AND NOT EXISTS (
        SELECT FROM answers b LEFT JOIN ratings r USING (completion_id)
        WHERE b.rollout_id = a.rollout_id AND b.key_id = a.key_id AND b.user_id = a.user_id
          AND b.conversation = a.conversation AND (r.feedback_id IS NOT NULL OR b.created_at <= ?))
      HAVING min(a.created_at) IS NOT NULL
      """;

  // A conversation counts once, as two answers do among votes.
  private static final String ADMITTED =
      """
      SELECT voter, conversation AS prompt, voter || ' ' || conversation AS pair, counted
      FROM evidence_ratings WHERE subject = ? ORDER BY place
      """;

  private static final String INSERT =
      """
      INSERT INTO evidence_ratings (subject, feedback_id, voter, conversation, of_candidate, share,
        up, rated_at, counted, reason)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  // As in EvidenceStore: a key that an operator takes out proves nothing.
  private static final String COUNTED =
      """
      SELECT of_candidate, share, up FROM evidence_ratings e
      WHERE subject = ? AND counted AND NOT EXISTS (SELECT FROM evidence_voters w
        JOIN exclusions x ON x.kind = 'key' AND x.value = w.key_id
        WHERE w.subject = e.subject AND w.voter = e.voter)
      ORDER BY place
      """;

  private record Rated(
      String id,
      String key,
      String user,
      String conversation,
      boolean ofCandidate,
      double share,
      boolean up,
      Instant at,
      Instant beganAt,
      @Nullable Unusable unusable) {
    static Rated of(ResultSet row) throws SQLException {
      return new Rated(
          row.getString("feedback_id"),
          row.getString("key_id"),
          row.getString("user_id"),
          row.getString("conversation"),
          row.getBoolean("of_candidate"),
          row.getDouble("share"),
          row.getBoolean("up"),
          Sql.instant(row, "first_at"),
          Sql.instant(row, "began_at"),
          Unusable.ofStored(row.getString("unusable")));
    }
  }

  private final InstantSource clock;
  private final Duration window;

  /**
   * Creates a store.
   *
   * @param window how long after a conversation began a rating counts for it
   */
  RatingEvidenceStore(InstantSource clock, Duration window) {
    this.clock = clock;
    this.window = window;
  }

  /** Admits the ratings whose turn has come since the last call. */
  void admit(Connection connection, Rollout duel) throws SQLException {
    Instant opened = clock.instant().minus(window);
    Instant firstOpen =
        Sql.first(connection, row -> Sql.instant(row, "min"), FIRST_OPEN, duel.id(), opened, opened)
            .orElse(null);
    List<Rated> ratings =
        Sql.list(connection, Rated::of, NEW_RATINGS, duel.candidateHash(), duel.id(), firstOpen);
    if (ratings.isEmpty()) {
      return;
    }
    VoteAdmission admission = EvidenceStore.restore(connection, ADMITTED, duel.id());
    for (Rated rated : ratings) {
      int voter = EvidenceStore.voter(connection, duel.id(), rated.key(), rated.user());
      Labelled reason = reason(rated, voter, admission);
      Sql.update(
          connection,
          INSERT,
          duel.id(),
          rated.id(),
          voter,
          rated.conversation(),
          rated.ofCandidate(),
          rated.share(),
          rated.up(),
          rated.at(),
          reason == VoteAdmission.Reason.COUNTED,
          reason.label());
    }
  }

  private Labelled reason(Rated rated, int voter, VoteAdmission admission) {
    if (rated.unusable() != null) {
      return rated.unusable();
    }
    return rated.at().isAfter(rated.beganAt().plus(window))
        ? LeftOut.LATE
        : admission.admit(voter, rated.conversation(), conversation(voter, rated.conversation()));
  }

  private static String conversation(int voter, String conversation) {
    return voter + " " + conversation;
  }

  /** What the counted ratings of a duel prove. */
  static RatingEvidence evidence(Connection connection, String subject) throws SQLException {
    RatingProcess process = new RatingProcess();
    Sql.list(
        connection,
        row -> {
          process.add(row.getBoolean("of_candidate"), row.getDouble("share"), row.getBoolean("up"));
          return true;
        },
        COUNTED,
        subject);
    return process.evidence();
  }
}
