package dev.whetstone.rollout;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.duel.ArmMetrics;
import dev.whetstone.rollout.duel.DuelEvidence;
import dev.whetstone.rollout.gate.CriterionResult;
import dev.whetstone.rollout.gate.GateVerdict;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.JsonText;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The rollouts of one base model with their gate results, decisions and arm metrics; the database
 * admits one active rollout. A change of status and its decision are one transaction, and apply
 * only from the status that the decision was made in.
 */
public final class RolloutStore {
  /** Notified on every change. */
  public static final String CHANNEL = "whetstone_rollouts";

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String COLUMNS =
      """
      SELECT rollout_id, seq, run_id, candidate, candidate_hash, champion, champion_hash, mode, share,
        status, reason, wins, losses, created_at, duel_began_at, ended_at
      FROM rollouts
      """;

  private static final String OPEN =
      """
      INSERT INTO rollouts (base_hash, run_id, candidate, candidate_hash, champion, champion_hash,
        mode, share, status)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'gating')
      ON CONFLICT DO NOTHING
      RETURNING rollout_id
      """;

  private static final String TRANSITION =
      """
      UPDATE rollouts SET status = ?, reason = ?,
        duel_began_at = CASE WHEN ? = 'duelling' THEN now() ELSE duel_began_at END,
        ended_at = CASE WHEN ? IN ('gating', 'duelling', 'waiting') THEN NULL ELSE now() END
      WHERE rollout_id = ? AND status = ?
      """;

  // Each user and prompt counts once, with the first vote for a side: see DuelEvidence.
  private static final String COUNT_VOTES =
      """
      SELECT count(*) FILTER (WHERE won) AS wins, count(*) FILTER (WHERE NOT won) AS losses
      FROM (
        SELECT DISTINCT ON (v.user_id, p.prompt_hash)
          (v.choice = 'a') = (p.hash_a = ?) AS won
        FROM pairs p JOIN preferences v USING (pair_id)
        WHERE (p.hash_a, p.hash_b) IN ((?, ?), (?, ?)) AND p.created_at >= ? AND NOT p.imported
          AND v.choice IN ('a', 'b')
        ORDER BY v.user_id, p.prompt_hash, v.seq) AS first_votes
      """;

  private static final String ADD_METRICS =
      """
      INSERT INTO rollout_figures AS f VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (rollout_id, gateway, side) DO UPDATE SET
        completions = f.completions + excluded.completions, empty = f.empty + excluded.empty,
        unended = f.unended + excluded.unended, errors = f.errors + excluded.errors,
        tokens = f.tokens + excluded.tokens, seconds = f.seconds + excluded.seconds
      """;

  private static final String SUM_METRICS =
      """
      SELECT coalesce(sum(completions), 0), coalesce(sum(empty), 0), coalesce(sum(unended), 0),
        coalesce(sum(errors), 0), coalesce(sum(tokens), 0), coalesce(sum(seconds), 0)
      FROM rollout_figures WHERE rollout_id = ? AND side = ?
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
    Optional<String> id =
        Sql.first(
            connection,
            row -> row.getString(1),
            OPEN,
            baseHash,
            runWithoutRollout(connection, candidate),
            candidate.version(),
            candidate.hash(),
            champion.version(),
            champion.hash(),
            mode.label(),
            share);
    if (id.isEmpty()) {
      return Optional.empty();
    }
    recordDecision(connection, id.get(), candidate.version(), RolloutStatus.GATING, by, Map.of());
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

  /** The version made by the oldest succeeded run that has no rollout yet. */
  public Optional<String> nextCandidate() {
    return database.first(
        row -> row.getString(1),
        "SELECT policy FROM training_runs r WHERE base_hash = ? AND status = 'succeeded'"
            + " AND policy IS NOT NULL"
            + " AND NOT EXISTS (SELECT FROM rollouts o WHERE o.run_id = r.run_id)"
            + " ORDER BY seq LIMIT 1",
        baseHash);
  }

  /** The active rollout. */
  public Optional<Rollout> active() {
    return database.first(
        RolloutStore::rollout,
        COLUMNS + "WHERE base_hash = ? AND status IN ('gating', 'duelling', 'waiting')",
        baseHash);
  }

  public Optional<Rollout> find(String id) {
    return database.statement(connection -> find(connection, id));
  }

  private static Optional<Rollout> find(Connection connection, String id) throws SQLException {
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
  public boolean transition(
      Connection connection,
      Rollout from,
      RolloutStatus to,
      ChangeContext by,
      Map<String, ?> numbers)
      throws SQLException {
    int changed =
        Sql.update(
            connection,
            TRANSITION,
            to.stored(),
            by.reason(),
            to.stored(),
            to.stored(),
            from.id(),
            from.status().stored());
    if (changed == 1) {
      recordDecision(connection, from.id(), from.candidate(), to, by, numbers);
    }
    return changed == 1;
  }

  private static void recordDecision(
      Connection connection,
      String id,
      String version,
      RolloutStatus to,
      ChangeContext by,
      Map<String, ?> numbers)
      throws SQLException {
    Map<String, Object> detail = new TreeMap<>(numbers);
    if (by.reason() != null) {
      detail.put("reason", by.reason());
    }
    Sql.update(
        connection,
        "INSERT INTO rollout_decisions (rollout_id, decision, actor, reason, numbers)"
            + " VALUES (?, ?, ?, ?, ?::jsonb)",
        id,
        to.stored(),
        by.actor(),
        by.reason(),
        JsonText.of(JSON.writer(), numbers));
    Audit.record(
        connection,
        by.actor(),
        "rollout " + to.label(),
        id,
        version,
        JsonText.of(JSON.writer(), detail));
    Notifications.send(connection, CHANNEL);
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

  /** The decisions about a rollout, in the order they were made. */
  public List<Decision> decisions(String id) {
    return database.list(
        row ->
            new Decision(
                Sql.instant(row, "at"),
                RolloutStatus.ofStored(row.getString("decision")).label(),
                row.getString("actor"),
                row.getString("reason"),
                row.getString("numbers")),
        "SELECT * FROM rollout_decisions WHERE rollout_id = ? ORDER BY decision_id",
        id);
  }

  /** Counts the votes of a duel and stores the counts on the rollout. */
  public DuelEvidence countVotes(Rollout duel) {
    Instant startedAt = Objects.requireNonNull(duel.duelBeganAt(), "the duel has not begun");
    return database.transaction(
        connection -> {
          DuelEvidence evidence =
              Sql.first(
                      connection,
                      row -> new DuelEvidence(row.getInt("wins"), row.getInt("losses")),
                      COUNT_VOTES,
                      duel.candidateHash(),
                      duel.candidateHash(),
                      duel.championHash(),
                      duel.championHash(),
                      duel.candidateHash(),
                      startedAt)
                  .orElseThrow();
          if (!evidence.equals(duel.evidence())) {
            Sql.update(
                connection,
                "UPDATE rollouts SET wins = ?, losses = ? WHERE rollout_id = ?",
                evidence.wins(),
                evidence.losses(),
                duel.id());
          }
          return evidence;
        });
  }

  /** Adds what a gateway counted for an arm since its last call. */
  public void addMetrics(String id, String gateway, String arm, ArmMetrics more) {
    database.update(
        ADD_METRICS,
        id,
        gateway,
        arm,
        more.completions(),
        more.empty(),
        more.truncated(),
        more.errors(),
        more.tokens(),
        more.seconds());
  }

  /** What all gateways counted for an arm, by its label. */
  public ArmMetrics metrics(String id, String arm) {
    return database
        .first(
            row ->
                new ArmMetrics(
                    row.getLong(1),
                    row.getLong(2),
                    row.getLong(3),
                    row.getLong(4),
                    row.getLong(5),
                    row.getDouble(6)),
            SUM_METRICS,
            id,
            arm)
        .orElse(ArmMetrics.NONE);
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
        RolloutStatus.ofStored(row.getString("status")),
        row.getString("reason"),
        new DuelEvidence(row.getInt("wins"), row.getInt("losses")),
        Sql.instant(row, "created_at"),
        Sql.instantOrNull(row, "duel_began_at"),
        Sql.instantOrNull(row, "ended_at"));
  }
}
