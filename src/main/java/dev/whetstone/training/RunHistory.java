package dev.whetstone.training;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.settings.EnumNames;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the training runs of one base model so far tell about the next one. */
public final class RunHistory {
  private final Database database;
  private final String baseHash;

  RunHistory(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
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
   * A model that a run left.
   *
   * @param version its name
   * @param newestVote preferences.seq of the newest vote that it was trained on
   */
  public record Result(String version, long newestVote) {}

  /**
   * The models that runs left since the users' taste last turned, in the order of their votes.
   *
   * @param forgottenUntil preferences.seq up to which their runs let votes count no longer
   */
  public List<Result> results(long forgottenUntil) {
    return database.list(
        row -> new Result(row.getString("policy"), row.getLong("newest_vote")),
        """
        SELECT policy, newest_vote FROM training_runs
        WHERE base_hash = ? AND status = 'succeeded' AND policy IS NOT NULL
          AND coalesce(forgotten_until, 0) = ?
        ORDER BY newest_vote, seq
        """,
        baseHash,
        forgottenUntil);
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
    return database.first(
        row -> Sql.instant(row, "created_at"),
        "SELECT created_at FROM training_runs WHERE base_hash = ? ORDER BY seq DESC LIMIT 1",
        baseHash);
  }
}
