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
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The training runs of one base model; the database admits only one active run. */
public final class TrainingRunStore {
  /** Notified when a run is requested, started or ended, or asked to end. */
  public static final String CHANNEL = "whetstone_runs";

  private static final String COLUMNS =
      """
      SELECT run_id, seq, status, trigger, requested_by, config::text AS config, from_base, parent, data_hash,
        pairs, held_out, policy, metrics::text AS metrics, reason, attempts, cancel_requested,
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

  private static final int EVERY_STEP_UNTIL = 1_000;

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

  private Optional<Request> request(
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

  /** Starts a run, or resumes it after its trainer was lost; counts the attempt. */
  public TrainingRun begin(String id) {
    return database.transaction(
        connection -> {
          Sql.update(
              connection,
              "UPDATE training_runs SET status = 'running', attempts = attempts + 1,"
                  + " started_at = coalesce(started_at, now())"
                  + " WHERE run_id = ? AND status IN ('queued', 'running')",
              id);
          Notifications.send(connection, CHANNEL);
          return find(connection, id).orElseThrow();
        });
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
   * What runs have considered so far.
   *
   * @param newestVote preferences.seq of the newest vote that a run with a result considered, or
   *     one that somebody cancelled; a failed run considers nothing
   * @param forgottenUntil preferences.seq up to which votes count no longer, because the users'
   *     taste has turned since
   */
  public record Considered(long newestVote, long forgottenUntil) {}

  /** What runs have considered so far. */
  public Considered considered() {
    return database
        .first(
            row -> new Considered(row.getLong(1), row.getLong(2)),
            """
            SELECT coalesce(max(newest_vote) FILTER (WHERE status <> 'failed'), 0),
              coalesce(max(forgotten_until), 0)
            FROM training_runs WHERE base_hash = ?
            """,
            baseHash)
        .orElseThrow();
  }

  /**
   * The time up to which ratings were considered: by a run that did not fail, or at the champion's
   * promotion; null where nothing was.
   */
  public @Nullable Instant ratingsConsideredAt() {
    Instant run =
        database
            .first(
                row -> Sql.instant(row, "created_at"),
                "SELECT created_at FROM training_runs WHERE base_hash = ? AND status <> 'failed'"
                    + " ORDER BY created_at DESC LIMIT 1",
                baseHash)
            .orElse(null);
    Instant champion = championSince().orElse(null);
    return run == null || (champion != null && champion.isAfter(run)) ? champion : run;
  }

  /** When the present champion became champion; empty while the first one serves. */
  public Optional<Instant> championSince() {
    return database.first(
        row -> Sql.instant(row, "at"),
        """
        SELECT at FROM (
          SELECT revision, at, champion, lag(champion) OVER (ORDER BY revision) AS before
          FROM alias_history WHERE base_hash = ?) AS changes
        WHERE champion <> before ORDER BY revision DESC LIMIT 1
        """,
        baseHash);
  }

  /**
   * The failures since the last run that did not fail.
   *
   * @param last when the last of them ended
   */
  public record Failures(int count, @Nullable Instant last) {}

  /** The failures since the last run that did not fail. */
  public Failures failures() {
    return database
        .first(
            row -> new Failures(row.getInt(1), Sql.instantOrNull(row, "last")),
            """
            SELECT count(*), max(finished_at) AS last FROM training_runs
            WHERE base_hash = ? AND status = 'failed' AND seq > coalesce(
              (SELECT max(seq) FROM training_runs WHERE base_hash = ? AND status <> 'failed'), 0)
            """,
            baseHash,
            baseHash)
        .orElseThrow();
  }

  /** Number of runs that began since a time. */
  public int startedSince(Instant time) {
    return database
        .first(
            row -> row.getInt(1),
            "SELECT count(*) FROM training_runs WHERE base_hash = ? AND started_at >= ?",
            baseHash,
            time)
        .orElse(0);
  }

  /** Seconds that the newest runs with a result took for a token trained on; empty before any. */
  public Optional<Double> secondsPerToken() {
    return database
        .first(
            row -> Optional.ofNullable((Double) row.getObject(1)),
            """
            SELECT sum(seconds) / sum(trained_tokens) FROM (
              SELECT seconds, trained_tokens FROM training_runs
              WHERE base_hash = ? AND status = 'succeeded' AND seconds > 0 AND trained_tokens > 0
              ORDER BY seq DESC LIMIT 3) AS newest
            """,
            baseHash)
        .orElse(Optional.empty());
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

  /** Number of ended runs by their end. */
  public Map<RunStatus, Long> ends() {
    Map<RunStatus, Long> ends = new EnumMap<>(RunStatus.class);
    database.list(
        row ->
            ends.put(
                EnumNames.parse("status", row.getString(1), RunStatus.values()), row.getLong(2)),
        "SELECT status, count(*) FROM training_runs WHERE base_hash = ? GROUP BY status",
        baseHash);
    return ends;
  }

  /** When the newest run was requested. */
  public Optional<Instant> newestRequestTime() {
    return page(null, 1).stream().map(TrainingRun::createdAt).findFirst();
  }

  /**
   * Records a step; true when the run should end. Of a long run every tenth step is kept beyond
   * 1,000 and every hundredth beyond 10,000, so that its rows stay few.
   */
  public boolean recordProgress(String id, int step, String metrics) {
    return database.transaction(
        connection -> {
          if (isRecorded(step)) {
            Sql.update(
                connection,
                "INSERT INTO run_progress (run_id, step, metrics) VALUES (?, ?, ?::jsonb)"
                    + " ON CONFLICT (run_id, step) DO UPDATE SET metrics = excluded.metrics, at = now()",
                id,
                step,
                metrics);
          }
          return Sql.first(
                  connection,
                  row -> row.getBoolean(1),
                  "UPDATE training_runs SET metrics = ?::jsonb WHERE run_id = ? AND status = 'running'"
                      + " RETURNING cancel_requested",
                  metrics,
                  id)
              // no row: somebody else ended the run
              .orElse(true);
        });
  }

  private static boolean isRecorded(int step) {
    int stride = step <= EVERY_STEP_UNTIL ? 1 : step <= 10 * EVERY_STEP_UNTIL ? 10 : 100;
    return step % stride == 0;
  }

  /** The reports of the steps after a given one, in order. */
  public List<RunProgress> progressAfter(String id, int step, int limit) {
    return database.list(
        row -> new RunProgress(row.getInt(1), Sql.instant(row, "at"), row.getString(3)),
        "SELECT step, at, metrics::text FROM run_progress WHERE run_id = ? AND step > ?"
            + " ORDER BY step LIMIT ?",
        id,
        step,
        limit);
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

  /** Stores the trainer's log-probs of the validation pairs. */
  public void saveScores(Connection connection, String id, List<ValidationScores> all)
      throws SQLException {
    for (ValidationScores scores : all) {
      Sql.update(
          connection,
          "INSERT INTO run_scores VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
          id,
          scores.preferenceId(),
          scores.chosenPolicy(),
          scores.chosenReference(),
          scores.rejectedPolicy(),
          scores.rejectedReference());
    }
  }

  /** The trainer's log-probs of the validation pairs. */
  public List<ValidationScores> scores(String id) {
    return database.list(
        row ->
            new ValidationScores(
                row.getString("preference_id"),
                Sql.floats(row, "chosen_policy"),
                Sql.floats(row, "chosen_reference"),
                Sql.floats(row, "rejected_policy"),
                Sql.floats(row, "rejected_reference")),
        "SELECT * FROM run_scores WHERE run_id = ? ORDER BY preference_id",
        id);
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
        row.getBoolean("cancel_requested"),
        Sql.instant(row, "created_at"),
        Sql.instantOrNull(row, "started_at"),
        Sql.instantOrNull(row, "finished_at"));
  }
}
