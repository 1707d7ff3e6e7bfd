package dev.whetstone.training;

import dev.whetstone.database.Sql;
import dev.whetstone.policy.ChangeContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Ends runs whose result may not be stored: those that were cancelled, and those that read what was
 * erased since, which begin again without it.
 */
public final class UnwantedRuns {
  /** Why a result may not be stored. */
  public enum Reason {
    CANCELLED("it was cancelled"),
    ERASED("some of what it was trained on was erased; it begins again without that");

    private final String text;

    Reason(String text) {
      this.text = text;
    }
  }

  /** Erasures lock it as well, so that each sees what the other left. */
  private static final String LOCK =
      "SELECT cancel_requested FROM training_runs WHERE run_id = ? AND status = 'running' FOR UPDATE";

  private static final String READ_ERASED =
      """
      SELECT EXISTS (SELECT FROM run_preferences r WHERE r.run_id = ? AND NOT EXISTS (
          SELECT FROM preferences v WHERE v.preference_id = r.preference_id))
        OR EXISTS (SELECT FROM run_ratings r WHERE r.run_id = ? AND NOT EXISTS (
          SELECT FROM ratings f WHERE f.feedback_id = r.feedback_id))
      """;

  // An erasure did not see the rows of a run that read the votes before and stored them after it.
  private static final String DETACH_VOTES =
      """
      UPDATE run_preferences r SET user_id = NULL WHERE run_id = ? AND NOT EXISTS (
        SELECT FROM preferences v WHERE v.preference_id = r.preference_id)
      """;

  private static final String DETACH_RATINGS =
      """
      UPDATE run_ratings r SET user_id = NULL WHERE run_id = ? AND NOT EXISTS (
        SELECT FROM ratings f WHERE f.feedback_id = r.feedback_id)
      """;

  private final TrainingRunStore runs;

  UnwantedRuns(TrainingRunStore runs) {
    this.runs = runs;
  }

  /** Ends a running run in a transaction of its own; empty when its result is wanted. */
  public Optional<Reason> end(TrainingRun run) {
    return runs.database().transaction(connection -> end(connection, run));
  }

  /**
   * Ends a running run within the transaction that would store its result.
   *
   * @param run as it was when it began: with the settings that were asked for, unless it was taken
   *     up from another trainer
   * @return why it has ended; empty when its result is wanted
   */
  public Optional<Reason> end(Connection connection, TrainingRun run) throws SQLException {
    Optional<Boolean> cancelled = Sql.first(connection, row -> row.getBoolean(1), LOCK, run.id());
    if (cancelled.isEmpty()) {
      return Optional.empty();
    }
    boolean erased =
        Sql.first(connection, row -> row.getBoolean(1), READ_ERASED, run.id(), run.id())
            .orElseThrow();
    if (erased) {
      Sql.update(connection, DETACH_VOTES, run.id());
      Sql.update(connection, DETACH_RATINGS, run.id());
    }
    if (cancelled.get()) {
      finish(connection, run, Reason.CANCELLED);
      return Optional.of(Reason.CANCELLED);
    }
    if (erased) {
      ChangeContext by = finish(connection, run, Reason.ERASED);
      String config = run.trigger() == RunTrigger.CALL ? run.config() : "{}";
      runs.request(connection, run.trigger(), config, run.fromBase(), by);
      return Optional.of(Reason.ERASED);
    }
    return Optional.empty();
  }

  private ChangeContext finish(Connection connection, TrainingRun run, Reason reason)
      throws SQLException {
    ChangeContext by = new ChangeContext("trainer", reason.text);
    runs.finish(connection, run.id(), RunStatus.CANCELLED, null, by);
    return by;
  }
}
