package dev.whetstone.training;

import dev.whetstone.database.Database;
import dev.whetstone.database.Notifications;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyAudit;
import dev.whetstone.settings.EnumNames;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The training runs of one base model; the database admits only one active run. */
public final class TrainingRunStore {
  /** Notified when a run is requested, started or ended, or asked to end. */
  public static final String CHANNEL = "whetstone_runs";

  private static final String COLUMNS =
      """
      SELECT run_id, seq, status, trigger, requested_by, config::text AS config, from_base, parent, data_hash,
        pairs, held_out, policy, metrics::text AS metrics, reason, attempts, lost, cancel_requested,
        created_at, started_at, finished_at
      FROM training_runs
      """;

  private static final String REQUEST =
      """
      INSERT INTO training_runs (base_hash, status, trigger, requested_by, config, from_base)
      VALUES (?, 'queued', ?, ?, ?::jsonb, ?)
      ON CONFLICT (base_hash) WHERE status IN ('queued', 'running') DO NOTHING
      RETURNING run_id
      """;

  private static final String BEGIN_WITH_BASE =
      """
      UPDATE training_runs SET from_base = true
      WHERE base_hash = ? AND status = 'queued' AND NOT from_base RETURNING run_id
      """;

  private static final String FREEZE =
      """
      UPDATE training_runs SET config = ?::jsonb, parent = ?, data_hash = ?, pairs = ?, held_out = ?,
        newest_vote = ?, pool = ?, forgotten_until = ?
      WHERE run_id = ? AND status = 'running' AND data_hash IS NULL
      """;

  /**
   * The answer to a request for a run.
   *
   * @param created false when the run was active already
   */
  public record Request(TrainingRun run, boolean created) {}

  /**
   * What a run trains on; it never changes once it is stored.
   *
   * @param config every setting, as a JSON object
   * @param parent version whose adapter the training starts from
   * @param hash of the list of votes
   * @param newestVote preferences.seq of the newest vote that was considered
   * @param pool number of usable votes
   * @param forgottenUntil preferences.seq up to which votes count no longer; 0 if all count
   */
  public record FrozenData(
      String config,
      String parent,
      String hash,
      int pairs,
      int validationPairs,
      long newestVote,
      long pool,
      long forgottenUntil) {}

  private final Database database;
  private final String baseHash;

  public TrainingRunStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  public Database database() {
    return database;
  }

  /** What the runs so far tell about the next one. */
  public RunHistory history() {
    return new RunHistory(database, baseHash);
  }

  /** What the runs report as they go and at their end. */
  public RunReports reports() {
    return new RunReports(database);
  }

  /** Ends runs whose result may not be stored. */
  public UnwantedRuns unwanted() {
    return new UnwantedRuns(this);
  }

  /** Hash of the base whose runs these are. */
  public String baseHash() {
    return baseHash;
  }

  /**
   * Queues a run, or returns the active one.
   *
   * @param config settings as a JSON object; what is absent stays at the trainer's defaults
   */
  public Request request(RunTrigger trigger, String config, ChangeContext by) {
    return request(trigger, config, false, by);
  }

  /**
   * Queues a run, or returns the active one.
   *
   * @param fromBase whether it begins with the base; an active run that has not begun does so then,
   *     too, but one that has begun stays as it is
   */
  public Request request(RunTrigger trigger, String config, boolean fromBase, ChangeContext by) {
    Optional<Request> answer = Optional.empty();
    // Empty when the other run ended between the two statements: the next attempt succeeds.
    while (answer.isEmpty()) {
      answer =
          database.transaction(connection -> request(connection, trigger, config, fromBase, by));
    }
    return answer.get();
  }

  Optional<Request> request(
      Connection connection, RunTrigger trigger, String config, boolean fromBase, ChangeContext by)
      throws SQLException {
    String action = fromBase ? "train from the base" : "train";
    Optional<String> id =
        Sql.first(
            connection,
            row -> row.getString(1),
            REQUEST,
            baseHash,
            trigger.label(),
            by.actor(),
            config,
            fromBase);
    if (id.isEmpty()) {
      if (fromBase) {
        for (String changed :
            Sql.list(connection, row -> row.getString(1), BEGIN_WITH_BASE, baseHash)) {
          PolicyAudit.write(connection, by, action, changed, null);
        }
      }
      return active(connection).map(run -> new Request(run, false));
    }
    PolicyAudit.write(connection, by, action, id.get(), null);
    Notifications.send(connection, CHANNEL);
    return find(connection, id.get()).map(run -> new Request(run, true));
  }

  /** The run that is queued or running. */
  public Optional<TrainingRun> active() {
    return database.statement(this::active);
  }

  private Optional<TrainingRun> active(Connection connection) throws SQLException {
    return Sql.first(
        connection,
        TrainingRunStore::run,
        COLUMNS + "WHERE base_hash = ? AND status IN ('queued', 'running')",
        baseHash);
  }

  public Optional<TrainingRun> find(String id) {
    return database.statement(connection -> find(connection, id));
  }

  private static Optional<TrainingRun> find(Connection connection, String id) throws SQLException {
    return Sql.first(connection, TrainingRunStore::run, COLUMNS + "WHERE run_id = ?", id);
  }

  /**
   * Runs, newest first.
   *
   * @param before only runs with a smaller seq; null begins with the newest
   */
  public List<TrainingRun> page(@Nullable Long before, int limit) {
    return database.list(
        TrainingRunStore::run,
        COLUMNS + "WHERE base_hash = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        baseHash,
        before == null ? Long.MAX_VALUE : before,
        limit);
  }

  /** Starts a run, or resumes one that another process left. */
  public TrainingRun begin(String id) {
    return begin(id, false);
  }

  /**
   * Starts a run, or resumes it; counts the attempt, and the trainer as lost where it neither
   * {@link #handBack handed the run back} nor is the caller.
   *
   * @param own whether this process left it, because the database was away
   */
  public TrainingRun begin(String id, boolean own) {
    return database.transaction(
        connection -> {
          Sql.update(
              connection,
              "UPDATE training_runs SET status = 'running', attempts = attempts + 1,"
                  + " lost = lost + (status = 'running' AND NOT handed_back AND NOT ?)::integer,"
                  + " handed_back = false, started_at = coalesce(started_at, now())"
                  + " WHERE run_id = ? AND status IN ('queued', 'running')",
              own,
              id);
          Notifications.send(connection, CHANNEL);
          return find(connection, id).orElseThrow();
        });
  }

  /** Leaves a running run to the next trainer, which resumes it. */
  public void handBack(String id) {
    database.update(
        "UPDATE training_runs SET handed_back = true WHERE run_id = ? AND status = 'running'", id);
  }

  /** Stores what a running run trains on; false when that is stored already. */
  public boolean freeze(Connection connection, String id, FrozenData data) throws SQLException {
    return Sql.update(
            connection,
            FREEZE,
            data.config(),
            data.parent(),
            data.hash(),
            data.pairs(),
            data.validationPairs(),
            data.newestVote(),
            data.pool(),
            data.forgottenUntil(),
            id)
        == 1;
  }

  /**
   * Adds what was measured at the end of a run, in the transaction that ends it.
   *
   * @param metrics a JSON object
   * @param seconds that the run took, with references and evaluations
   * @param tokens trained on, each as often as it was
   */
  public void recordResult(
      Connection connection, String id, String metrics, double seconds, long tokens)
      throws SQLException {
    Sql.update(
        connection,
        "UPDATE training_runs SET metrics = metrics || ?::jsonb, seconds = ?, trained_tokens = ?"
            + " WHERE run_id = ?",
        metrics,
        seconds,
        tokens,
        id);
  }

  /** Ends an active run within the caller's transaction; false when it has ended already. */
  public boolean finish(
      Connection connection, String id, RunStatus status, @Nullable String policy, ChangeContext by)
      throws SQLException {
    if (status.active()) {
      throw new IllegalArgumentException("a run cannot end as " + status.label());
    }
    int changed =
        Sql.update(
            connection,
            "UPDATE training_runs SET status = ?, policy = ?, reason = ?, finished_at = now()"
                + " WHERE run_id = ? AND status IN ('queued', 'running')",
            status.label(),
            policy,
            by.reason(),
            id);
    if (changed == 1) {
      PolicyAudit.write(connection, by, "run " + status.label(), id, policy);
      Notifications.send(connection, CHANNEL);
    }
    return changed == 1;
  }

  /** Ends an active run that made no version; false when it has ended already. */
  public boolean finish(String id, RunStatus status, ChangeContext by) {
    return database.transaction(connection -> finish(connection, id, status, null, by));
  }

  /**
   * Asks a run to end: a queued one ends at once, a running one after its current step, an ended
   * one does not change. Empty when no run has this id.
   */
  public Optional<TrainingRun> cancel(String id, ChangeContext by) {
    return database.transaction(
        connection -> {
          Optional<String> status =
              Sql.first(
                  connection,
                  row -> row.getString(1),
                  "UPDATE training_runs SET cancel_requested = true WHERE run_id = ?"
                      + " AND status IN ('queued', 'running') RETURNING status",
                  id);
          if (status.equals(Optional.of(RunStatus.QUEUED.label()))) {
            finish(connection, id, RunStatus.CANCELLED, null, by);
          } else if (status.isPresent()) {
            PolicyAudit.write(connection, by, "cancel run", id, null);
            Notifications.send(connection, CHANNEL);
          }
          return find(connection, id);
        });
  }

  private static TrainingRun run(ResultSet row) throws SQLException {
    return new TrainingRun(
        row.getString("run_id"),
        row.getLong("seq"),
        EnumNames.parse("status", row.getString("status"), RunStatus.values()),
        EnumNames.parse("trigger", row.getString("trigger"), RunTrigger.values()),
        row.getString("requested_by"),
        row.getString("config"),
        row.getBoolean("from_base"),
        row.getString("parent"),
        row.getString("data_hash"),
        row.getInt("pairs"),
        row.getInt("held_out"),
        row.getString("policy"),
        row.getString("metrics"),
        row.getString("reason"),
        row.getInt("attempts"),
        row.getInt("lost"),
        row.getBoolean("cancel_requested"),
        Sql.instant(row, "created_at"),
        Sql.instantOrNull(row, "started_at"),
        Sql.instantOrNull(row, "finished_at"));
  }
}
