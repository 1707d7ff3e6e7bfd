package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.RatingEvidence;
import dev.whetstone.rollout.evidence.VoteEvidence;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rollouts of one base model; the database admits one active rollout. A change of status and
 * its decision ({@link DecisionStore}) are one transaction, and apply only from the status that the
 * decision was made in.
 */
public final class RolloutStore {
  /** Notified on every change. */
  public static final String CHANNEL = "whetstone_rollouts";

  /** The stored statuses of a rollout under way. */
  static final String ACTIVE = "('gating', 'duelling', 'waiting')";

  private static final String COLUMNS =
      """
      SELECT rollout_id, seq, run_id, candidate, candidate_hash, champion, champion_hash, mode, share,
        status, ending, cause, reason, wins, losses, candidate_up, candidate_down, champion_up,
        champion_down, rating_evidence, rating_mirrored, rating_futility, attempt, evidence_after, gate_failures, judged_votes,
        created_at, duel_began_at, ended_at
      FROM rollouts
      """;

  private static final String OPEN =
      """
      INSERT INTO rollouts (rollout_id, base_hash, run_id, candidate, candidate_hash, champion,
        champion_hash, mode, share, status)
      VALUES (coalesce(?, 'rollout_' || replace(gen_random_uuid()::text, '-', '')),
        ?, ?, ?, ?, ?, ?, ?, ?, 'gating')
      ON CONFLICT DO NOTHING
      RETURNING rollout_id
      """;

  private static final String TRANSITION =
      """
      UPDATE rollouts SET status = ?, ending = ?, cause = ?, reason = ?,
        duel_began_at = CASE WHEN ? = 'duelling' THEN now() ELSE duel_began_at END,
        ended_at = CASE WHEN ? IN\s"""
          + ACTIVE
          + """
               THEN NULL ELSE now() END
      WHERE rollout_id = ? AND status = ?
      """;

  private final Database database;
  private final String baseHash;

  public RolloutStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /**
   * Opens a rollout; empty when another is active, or was opened for the same run meanwhile.
   *
   * @param share of pairs in which the candidate writes one side, in (0, 1]
   */
  public Optional<Rollout> open(
      Connection connection,
      PolicyRecord candidate,
      PolicyRecord champion,
      RolloutMode mode,
      double share,
      ChangeContext by)
      throws SQLException {
    String run = runWithoutRollout(connection, candidate);
    Optional<String> id =
        Sql.first(
            connection,
            row -> row.getString(1),
            OPEN,
            run == null ? null : Candidate.rolloutId(run),
            baseHash,
            run,
            candidate.version(),
            candidate.hash(),
            champion.version(),
            champion.hash(),
            mode.label(),
            share);
    if (id.isEmpty()) {
      return Optional.empty();
    }
    DecisionStore.record(
        connection, id.get(), candidate.version(), RolloutStatus.GATING, null, by, Map.of());
    return find(connection, id.get());
  }

  // An operator may roll a version out again; only its first rollout names the training run.
  private static @Nullable String runWithoutRollout(Connection connection, PolicyRecord candidate)
      throws SQLException {
    String run = candidate.provenance().runId();
    boolean hasRollout =
        run != null
            && Sql.first(connection, row -> 1, "SELECT FROM rollouts WHERE run_id = ?", run)
                .isPresent();
    return hasRollout ? null : run;
  }

  /** The active rollout. */
  public Optional<Rollout> active() {
    return database.first(
        RolloutStore::rollout, COLUMNS + "WHERE base_hash = ? AND status IN " + ACTIVE, baseHash);
  }

  public Optional<Rollout> find(String id) {
    return database.statement(connection -> find(connection, id));
  }

  static Optional<Rollout> find(Connection connection, String id) throws SQLException {
    return Sql.first(connection, RolloutStore::rollout, COLUMNS + "WHERE rollout_id = ?", id);
  }

  /**
   * Rollouts, newest first.
   *
   * @param before only rollouts with a smaller seq; null begins with the newest
   */
  public List<Rollout> page(@Nullable Long before, int limit) {
    return database.list(
        RolloutStore::rollout,
        COLUMNS + "WHERE base_hash = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        baseHash,
        before == null ? Long.MAX_VALUE : before,
        limit);
  }

  /** Changes the status, unless it is no longer the one in {@code from}; false then. */
  public boolean transition(Connection connection, Rollout from, Transition next, String actor)
      throws SQLException {
    RolloutStatus to = next.to();
    int changed =
        Sql.update(
            connection,
            TRANSITION,
            to.stored(),
            to.ending(),
            next.cause().label(),
            next.reason(),
            to.stored(),
            to.stored(),
            from.id(),
            from.status().stored());
    if (changed == 1) {
      DecisionStore.record(connection, from.id(), from.candidate(), next, actor);
    }
    return changed == 1;
  }

  /**
   * What people chose on the pairs of a duel's two versions, or since its begin on pairs of the
   * champion alone.
   */
  public ChoiceCounts choices(Rollout rollout, boolean championAlone) {
    if (!championAlone) {
      return database
          .first(
              RolloutStore::choices,
              """
              SELECT count(*), count(*) FILTER (WHERE reason = 'tie'),
                count(*) FILTER (WHERE reason = 'both_bad')
              FROM evidence_votes WHERE subject = ? AND reason NOT IN ('source', 'unusable')
              """,
              rollout.id())
          .orElseThrow();
    }
    Instant began = rollout.duelBeganAt();
    return began == null
        ? new ChoiceCounts(0, 0, 0)
        : database
            .first(
                RolloutStore::choices,
                """
                SELECT count(*), count(*) FILTER (WHERE choice = 'tie'),
                  count(*) FILTER (WHERE choice = 'both_bad')
                FROM pairs p JOIN preferences v USING (pair_id)
                WHERE p.hash_a = ? AND p.hash_b = p.hash_a AND p.created_at >= ?
                  AND p.created_at <= coalesce(?, 'infinity'::timestamptz)
                  AND p.usable AND v.source = 'human'
                """,
                rollout.championHash(),
                began,
                rollout.endedAt())
            .orElseThrow();
  }

  private static ChoiceCounts choices(ResultSet row) throws SQLException {
    return new ChoiceCounts(row.getLong(1), row.getLong(2), row.getLong(3));
  }

  /** Stores the counted votes and ratings of a duel. */
  void saveEvidence(Connection connection, Rollout duel, DuelEvidence evidence)
      throws SQLException {
    if (!evidence.equals(duel.evidence())) {
      RatingEvidence ratings = evidence.ratings();
      Sql.update(
          connection,
          """
          UPDATE rollouts SET wins = ?, losses = ?, candidate_up = ?, candidate_down = ?,
            champion_up = ?, champion_down = ?, rating_evidence = ?, rating_mirrored = ?,
            rating_futility = ?
          WHERE rollout_id = ?
          """,
          evidence.votes().wins(),
          evidence.votes().losses(),
          ratings.candidateUp(),
          ratings.candidateDown(),
          ratings.championUp(),
          ratings.championDown(),
          ratings.logEValue(),
          ratings.logMirrored(),
          ratings.logFutility(),
          duel.id());
    }
  }

  /**
   * Gives a duel or judgement the next number against its champion, and notes where its evidence
   * begins.
   */
  void beginAttempt(
      Connection connection, Rollout rollout, Instant championSince, long evidenceAfter)
      throws SQLException {
    Sql.update(
        connection,
        "UPDATE rollouts SET attempt = ?, evidence_after = ? WHERE rollout_id = ?",
        1 + attempts(connection, rollout, championSince),
        evidenceAfter,
        rollout.id());
  }

  /**
   * Gives a rollout its number among those against this champion, once. A vote counts for it from
   * now on, or from the beginning of its duel where an older build began that.
   */
  Rollout numbered(Rollout rollout, Instant championSince) {
    if (rollout.attempt() > 0 && rollout.evidenceAfter() != null) {
      return rollout;
    }
    return database.transaction(
        connection -> {
          long after =
              rollout.duelBeganAt() == null
                  ? EvidenceStore.newestVote(connection)
                  : votesBefore(connection, rollout.duelBeganAt());
          beginAttempt(connection, rollout, championSince, after);
          return find(connection, rollout.id()).orElseThrow();
        });
  }

  /** How many rollouts against a champion since a time had a number. */
  private static int attempts(Connection connection, Rollout rollout, Instant since)
      throws SQLException {
    return Sql.first(
            connection,
            row -> row.getInt(1),
            "SELECT count(*) FROM rollouts WHERE champion_hash = ? AND rollout_id <> ?"
                + " AND created_at >= ? AND (attempt IS NOT NULL OR duel_began_at IS NOT NULL)",
            rollout.championHash(),
            rollout.id(),
            Timestamp.from(since))
        .orElse(0);
  }

  /** The position of the last vote before a duel that an older build began. */
  private static long votesBefore(Connection connection, Instant began) throws SQLException {
    return Sql.first(
            connection,
            row -> row.getLong(1),
            "SELECT max(seq) FROM preferences WHERE recorded_at < ?",
            Timestamp.from(began))
        .orElse(0L);
  }

  /**
   * Marks the rollouts of promoted versions that were rolled back since, but for those of version
   * 0.1, which have no cause: what it wrote stays. Returns their number.
   */
  int markRolledBack(Transition rolledBack, String actor) {
    return database.transaction(
        connection -> {
          List<Rollout> back =
              Sql.list(
                  connection,
                  RolloutStore::rollout,
                  COLUMNS
                      + "WHERE base_hash = ? AND status = 'promoted' AND ending IS NULL"
                      + " AND cause IS NOT NULL"
                      + " AND EXISTS (SELECT FROM policies p WHERE p.base_hash = rollouts.base_hash"
                      + " AND p.version = rollouts.candidate AND p.rolled_back_at > ended_at)",
                  baseHash);
          for (Rollout rollout : back) {
            transition(connection, rollout, rolledBack, actor);
          }
          return back.size();
        });
  }

  /** Marks the rollouts that promoted a version, as its rollback does, in the same transaction. */
  void markRolledBack(Connection connection, String version, Transition rolledBack, String actor)
      throws SQLException {
    for (Rollout rollout :
        Sql.list(
            connection,
            RolloutStore::rollout,
            COLUMNS
                + "WHERE base_hash = ? AND candidate = ? AND status = 'promoted'"
                + " AND ending IS NULL",
            baseHash,
            version)) {
      transition(connection, rollout, rolledBack, actor);
    }
  }

  private static Rollout rollout(ResultSet row) throws SQLException {
    return new Rollout(
        row.getString("rollout_id"),
        row.getLong("seq"),
        row.getString("run_id"),
        row.getString("candidate"),
        row.getString("candidate_hash"),
        row.getString("champion"),
        row.getString("champion_hash"),
        RolloutMode.of(row.getString("mode")),
        row.getDouble("share"),
        RolloutStatus.ofStored(row.getString("status"), row.getString("ending")),
        row.getString("cause"),
        row.getString("reason"),
        new DuelEvidence(
            new VoteEvidence(row.getInt("wins"), row.getInt("losses")),
            new RatingEvidence(
                row.getInt("candidate_up"),
                row.getInt("candidate_down"),
                row.getInt("champion_up"),
                row.getInt("champion_down"),
                row.getDouble("rating_evidence"),
                row.getDouble("rating_mirrored"),
                row.getDouble("rating_futility"))),
        row.getInt("attempt"),
        row.getObject("evidence_after", Long.class),
        row.getInt("gate_failures"),
        row.getObject("judged_votes", Integer.class),
        Sql.instant(row, "created_at"),
        Sql.instantOrNull(row, "duel_began_at"),
        Sql.instantOrNull(row, "ended_at"));
  }
}
