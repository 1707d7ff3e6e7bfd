package dev.whetstone.training.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.dpo.TrainingOutcome;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.Example;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.policy.Provenance;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.JsonText;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.UnwantedRuns;
import dev.whetstone.training.ValidationScores;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** What a run made, and how it is stored with the end of the run in one transaction. */
final class RunResult {
  private static final Logger LOG = Logger.getLogger(RunResult.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TrainingRun run;
  private final TrainingDataSelector.TrainingData data;
  private final TrainingOutcome outcome;
  private final LoraAdapter adapter;
  private final Duration duration;
  private final SelectComparison comparison;

  /**
   * Takes what a run made.
   *
   * @param outcome not {@link #worthless}
   * @param duration of this attempt
   */
  RunResult(
      TrainingRun run,
      TrainingDataSelector.TrainingData data,
      TrainingOutcome outcome,
      Duration duration) {
    this.run = run;
    this.data = data;
    this.outcome = outcome;
    this.adapter = Objects.requireNonNull(outcome.adapter());
    this.duration = duration;
    this.comparison = SelectComparison.of(data.votes(), outcome, data.config().loss().beta());
  }

  /** Why there is nothing to store; empty when there is. */
  static Optional<String> worthless(TrainingOutcome outcome) {
    if (outcome.adapter() == null) {
      return Optional.of("all weights were trained: there is no adapter to serve");
    }
    if (outcome.step() == 0) {
      return Optional.of("no step was better on the select pairs than the adapter it started from");
    }
    return outcome.scale() == 0
        ? Optional.of("every step was beyond the KL budget")
        : Optional.empty();
  }

  /**
   * Stores the version and ends the run.
   *
   * @return why the run ended without a version, since nobody wants its result; empty when it is
   *     stored
   */
  Optional<UnwantedRuns.Reason> store(TrainingRunStore runs, PolicyStore policies) {
    Optional<UnwantedRuns.Reason> unwanted =
        runs.database()
            .transaction(
                connection -> {
                  var why = runs.unwanted().end(connection, run);
                  if (why.isEmpty()) {
                    store(connection, runs, policies);
                  }
                  return why;
                });
    if (unwanted.isEmpty()) {
      LOG.infof("run %s ended: %s; %s", run.id(), reason(), comparison);
    }
    return unwanted;
  }

  private void store(Connection connection, TrainingRunStore runs, PolicyStore policies)
      throws SQLException {
    ChangeContext by = new ChangeContext("trainer", reason());
    PolicyStore.Registration stored =
        policies.register(
            connection,
            adapter,
            new Provenance(data.parent().version(), run.id(), data.hash()),
            PolicyStatus.CANDIDATE,
            by);
    String version = stored.row().version();
    runs.recordResult(
        connection,
        run.id(),
        JsonText.of(
            JSON.writer(), comparison.toMap(data.champion().version(), data.trainedEdits())),
        // a run that was taken up again took longer than this attempt
        run.attempts() == 1 ? duration.toMillis() / 1e3 : 0,
        trainedTokens());
    if (stored.created()) {
      runs.reports().saveScores(connection, run.id(), scores());
    }
    boolean ended =
        stored.created()
            ? runs.finish(connection, run.id(), RunStatus.SUCCEEDED, version, by)
            : runs.finish(
                connection,
                run.id(),
                RunStatus.FAILED,
                null,
                new ChangeContext("trainer", "it made the same adapter as " + version));
    if (!ended) {
      throw new IllegalStateException("run " + run.id() + " was ended by somebody else meanwhile");
    }
  }

  private String reason() {
    return "%s after step %d%s"
        .formatted(
            EnumNames.of(outcome.ending()),
            outcome.step(),
            outcome.scale() == 1
                ? ""
                : ", scaled by %.2f into the KL budget".formatted(outcome.scale()));
  }

  private long trainedTokens() {
    int pairs = data.examples();
    TrainConfig config = data.config();
    double passes =
        (double) config.schedule(pairs).totalSteps() * config.batch().batchSize() / pairs;
    long once =
        Stream.concat(data.train().stream(), data.ratings().stream())
            .mapToLong(Example::tokens)
            .sum();
    return (long) (once * Math.max(1, passes));
  }

  private List<ValidationScores> scores() {
    return outcome.validation().stream().map(RunResult::scores).toList();
  }

  private static ValidationScores scores(PairLogps pair) {
    return new ValidationScores(
        pair.id(),
        floats(pair.chosen().policy()),
        floats(pair.chosen().reference()),
        floats(pair.rejected().policy()),
        floats(pair.rejected().reference()));
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
