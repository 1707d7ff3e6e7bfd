package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.evidence.DuelEvidence;
import dev.whetstone.rollout.evidence.RatingEvidence;
import dev.whetstone.rollout.evidence.VoteEvidence;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.GateVerdict;
import dev.whetstone.settings.EnumNames;
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
 * The rollouts of one base model with their gate results; the database admits one active rollout. A
 * change of status and its decision ({@link DecisionStore}) are one transaction, and apply only
 * from the status that the decision was made in.
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

  private static final String END_WAITING =
      """
      INSERT INTO rollouts (rollout_id, base_hash, run_id, candidate, candidate_hash, champion,
        champion_hash, mode, share, status, ending, cause, reason, ended_at)
      SELECT ?, base_hash, ?, version, hash, ?, ?, 'duel', 1, ?, ?, ?, ?, now()
      FROM policies WHERE base_hash = ? AND version = ?
      ON CONFLICT DO NOTHING RETURNING rollout_id
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
            run == null ? null : idOfRun(run),
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

  /** The id of a run's first rollout, known before it begins. */
  private static String idOfRun(String runId) {
    return "rollout_" + runId.substring(runId.indexOf('_') + 1);
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

  /**
   * A version of a succeeded run that has no rollout yet.
   *
   * @param parent version that its training began with
   * @param metrics that the run stored, a JSON object
   * @param startedAt when the run began
   * @param finishedAt since when it waits
   */
  public record Candidate(
      String version,
      String runId,
      @Nullable String parent,
      String metrics,
      Instant startedAt,
      Instant finishedAt) {
    /** The id that its rollout will have. */
    public String rolloutId() {
      return idOfRun(runId);
    }
  }

  /** The versions that wait for their turn, newest first. */
  public List<Candidate> candidates() {
    return database.list(
        row ->
            new Candidate(
                row.getString("policy"),
                row.getString("run_id"),
                row.getString("parent"),
                row.getString("metrics"),
                Sql.instant(row, "started_at"),
                Sql.instant(row, "finished_at")),
        "SELECT policy, run_id, parent, metrics::text AS metrics,"
            + " coalesce(started_at, created_at) AS started_at,"
            + " coalesce(finished_at, created_at) AS finished_at FROM training_runs r"
            + " WHERE base_hash = ? AND status = 'succeeded' AND policy IS NOT NULL"
            + " AND NOT EXISTS (SELECT FROM rollouts o WHERE o.run_id = r.run_id)"
            + " ORDER BY seq DESC",
        baseHash);
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
            next.cause(),
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

  /** Stores the results of the gate; those of an earlier run are replaced. */
  public void saveGateResults(Connection connection, String id, List<CriterionResult> rows)
      throws SQLException {
    Sql.update(connection, "DELETE FROM gate_rows WHERE rollout_id = ?", id);
    int place = 0;
    for (CriterionResult row : rows) {
      Sql.update(
          connection,
          "INSERT INTO gate_rows (rollout_id, place, name, number, threshold, verdict)"
              + " VALUES (?, ?, ?, ?, ?, ?)",
          id,
          place++,
          row.name(),
          row.number(),
          row.threshold(),
          row.verdict().label());
    }
  }

  public List<CriterionResult> gateResults(String id) {
    return database.list(
        row ->
            new CriterionResult(
                row.getString("name"),
                row.getDouble("number"),
                row.getString("threshold"),
                EnumNames.parse("verdict", row.getString("verdict"), GateVerdict.values())),
        "SELECT * FROM gate_rows WHERE rollout_id = ? ORDER BY place",
        id);
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
  static long votesBefore(Connection connection, Instant began) throws SQLException {
    return Sql.first(
            connection,
            row -> row.getLong(1),
            "SELECT max(seq) FROM preferences WHERE recorded_at < ?",
            Timestamp.from(began))
        .orElse(0L);
  }

  /** Notes that the gate ended in an error, or how many votes an inconclusive judgement had. */
  void noteGate(Connection connection, String id, int failures, @Nullable Integer judgedVotes)
      throws SQLException {
    Sql.update(
        connection,
        "UPDATE rollouts SET gate_failures = ?, judged_votes = ? WHERE rollout_id = ?",
        failures,
        judgedVotes,
        id);
  }

  /**
   * Gives a run whose candidate never had its turn a rollout that has ended; false when its turn
   * has come meanwhile.
   */
  boolean endWaiting(
      Connection connection,
      Candidate candidate,
      PolicyRecord champion,
      Transition ending,
      String actor)
      throws SQLException {
    Optional<String> id =
        Sql.first(
            connection,
            row -> row.getString(1),
            END_WAITING,
            candidate.rolloutId(),
            candidate.runId(),
            champion.version(),
            champion.hash(),
            ending.to().stored(),
            ending.to().ending(),
            ending.cause(),
            ending.reason(),
            baseHash,
            candidate.version());
    if (id.isPresent()) {
      DecisionStore.record(connection, id.get(), candidate.version(), ending, actor);
    }
    return id.isPresent();
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
