package dev.whetstone.rollout;

import dev.whetstone.database.Sql;
import dev.whetstone.preference.Choice;
import dev.whetstone.rollout.evidence.VoteAdmission;
import dev.whetstone.settings.Labelled;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The votes of a duel or watch. Each is admitted to the evidence or not when it arrives, in the
 * order of arrival, and stored with the reason; nothing is judged again. Only the leader admits.
 */
final class EvidenceStore {
  private static final String NEW_VOTES =
      """
      SELECT v.seq, v.preference_id, v.pair_id, v.key_id, v.user_id, v.choice,
        encode(p.prompt_hash, 'hex') AS prompt, (v.choice = 'a') = (p.hash_a = ?) AS won,
        v.source <> 'human' AS other_source,
        p.usable AND EXISTS (SELECT FROM judged_votes j WHERE j.preference_id = v.preference_id
          AND coalesce(j.unusable, v.choice) = v.choice) AS usable
      FROM pairs p JOIN preferences v USING (pair_id)
      WHERE (p.hash_a, p.hash_b) IN ((?, ?), (?, ?)) AND NOT p.imported AND v.seq > ?
        AND v.recorded_at <= ? AND (v.counts_at IS NULL OR v.counts_at <= ?)
        AND NOT EXISTS (SELECT FROM evidence_votes e
          WHERE e.subject = ? AND e.preference_id = v.preference_id)
      ORDER BY v.seq
      """;

  // Admission never looks back. Only an operator who takes a key out takes what it proved, too.
  static final String OF_COUNTED_KEYS =
      """
       NOT EXISTS (SELECT FROM evidence_voters w
        JOIN exclusions x ON x.kind = 'key' AND x.value = w.key_id
        WHERE w.subject = evidence_votes.subject AND w.voter = evidence_votes.voter)
      """;

  private static final String ADMITTED =
      "SELECT voter, prompt, pair, counted FROM evidence_votes WHERE subject = ? ORDER BY seq";

  private static final String VOTER =
      """
      WITH added AS (
        INSERT INTO evidence_voters (subject, key_id, user_id, voter)
        SELECT ?, ?, ?, 1 + coalesce(max(voter), 0) FROM (
          SELECT voter FROM evidence_voters WHERE subject = ?
          UNION ALL SELECT voter FROM evidence_votes WHERE subject = ?
          UNION ALL SELECT voter FROM evidence_ratings WHERE subject = ?) AS known
        ON CONFLICT DO NOTHING RETURNING voter)
      SELECT voter FROM added
      UNION ALL
      SELECT voter FROM evidence_voters WHERE subject = ? AND key_id = ? AND user_id = ?
      LIMIT 1
      """;

  /**
   * Two versions whose pairs are compared.
   *
   * @param id of the rollout or watch
   * @param after preferences.seq of the last vote that came before it
   */
  record Comparison(String id, String hash, String otherHash, long after) {}

  /** The votes so far; ties and both-bad count for neither side. */
  record Counts(int wins, int losses, int ties, int bothBad) {}

  private record Vote(
      long seq,
      String id,
      String pair,
      String key,
      String user,
      Choice choice,
      String prompt,
      boolean won,
      boolean human,
      boolean usable) {
    static Vote of(ResultSet row) throws SQLException {
      return new Vote(
          row.getLong("seq"),
          row.getString("preference_id"),
          row.getString("pair_id"),
          row.getString("key_id"),
          row.getString("user_id"),
          Choice.of(row.getString("choice")),
          row.getString("prompt"),
          row.getBoolean("won"),
          !row.getBoolean("other_source"),
          row.getBoolean("usable"));
    }

    @Nullable Double score() {
      return switch (choice) {
        case Choice.A _, Choice.B _ -> won ? 1.0 : 0.0;
        case Choice.Tie _ -> 0.5;
        case Choice.BothBad _ -> null;
      };
    }

    /** Why it is counted or not; asks the admission only where nothing else leaves it out. */
    Labelled reason(VoteAdmission admission, int voter) {
      if (!human) {
        return LeftOut.SOURCE;
      }
      if (!usable) {
        return LeftOut.UNUSABLE;
      }
      return switch (choice) {
        case Choice.A _, Choice.B _ -> admission.admit(voter, prompt, pair);
        case Choice.Tie _ -> LeftOut.TIE;
        case Choice.BothBad _ -> LeftOut.BOTH_BAD;
      };
    }
  }

  private final InstantSource clock;
  private final Duration delay;

  /**
   * Creates a store.
   *
   * @param delay age at which a vote is admitted; until then it can be taken back
   */
  EvidenceStore(InstantSource clock, Duration delay) {
    this.clock = clock;
    this.delay = delay;
  }

  /** Admits the votes that came since the last call; returns how many there were. */
  int admit(Connection connection, Comparison about) throws SQLException {
    List<Vote> votes =
        Sql.list(
            connection,
            Vote::of,
            NEW_VOTES,
            about.hash(),
            about.hash(),
            about.otherHash(),
            about.otherHash(),
            about.hash(),
            about.after(),
            clock.instant().minus(delay),
            clock.instant(),
            about.id());
    if (!votes.isEmpty()) {
      VoteAdmission admission = restore(connection, ADMITTED, about.id());
      for (Vote vote : votes) {
        admit(connection, about.id(), vote, admission);
      }
    }
    return votes.size();
  }

  /**
   * The admission as the stored rows left it.
   *
   * @param rows query of a subject's voter, prompt, pair and counted, in the order of arrival
   */
  static VoteAdmission restore(Connection connection, String rows, String subject)
      throws SQLException {
    VoteAdmission admission = new VoteAdmission();
    Sql.list(
        connection,
        row -> {
          admission.restore(
              row.getInt("voter"),
              row.getString("prompt"),
              row.getString("pair"),
              row.getBoolean("counted"));
          return true;
        },
        rows,
        subject);
    return admission;
  }

  private static void admit(
      Connection connection, String subject, Vote vote, VoteAdmission admission)
      throws SQLException {
    int voter = voter(connection, subject, vote.key(), vote.user());
    Labelled reason = vote.reason(admission, voter);
    Sql.update(
        connection,
        "INSERT INTO evidence_votes (subject, preference_id, seq, voter, prompt, pair, score,"
            + " counted, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        subject,
        vote.id(),
        vote.seq(),
        voter,
        vote.prompt(),
        vote.pair(),
        vote.score(),
        reason == VoteAdmission.Reason.COUNTED,
        reason.label());
  }

  /** The number of a voter within a comparison, a new one at its first vote. */
  static int voter(Connection connection, String subject, String key, String user)
      throws SQLException {
    return Sql.first(
            connection,
            row -> row.getInt(1),
            VOTER,
            subject,
            key,
            user,
            subject,
            subject,
            subject,
            subject,
            key,
            user)
        .orElseThrow();
  }

  static Counts counts(Connection connection, String subject) throws SQLException {
    return Sql.first(
            connection,
            row -> new Counts(row.getInt(1), row.getInt(2), row.getInt(3), row.getInt(4)),
            """
            SELECT count(*) FILTER (WHERE counted AND score = 1),
              count(*) FILTER (WHERE counted AND score = 0),
              count(*) FILTER (WHERE reason = 'tie'), count(*) FILTER (WHERE reason = 'both_bad')
            FROM evidence_votes WHERE subject = ? AND"""
                + OF_COUNTED_KEYS,
            subject)
        .orElseThrow();
  }

  /** Wins, losses and ties (a half) in the order they came, with their voters. */
  static List<Scored> scores(Connection connection, String subject) throws SQLException {
    return Sql.list(
        connection,
        row -> new Scored(row.getDouble("score"), row.getInt("voter")),
        "SELECT score, voter FROM evidence_votes WHERE subject = ? AND (counted OR reason = 'tie') AND"
            + OF_COUNTED_KEYS
            + " ORDER BY seq",
        subject);
  }

  /** A vote as 1, 0 or a half, and its voter. */
  record Scored(double score, int voter) {}

  /** The position of the newest vote in the log. */
  static long newestVote(Connection connection) throws SQLException {
    return Sql.first(connection, row -> row.getLong(1), "SELECT max(seq) FROM preferences")
        .orElse(0L);
  }
}
