package dev.whetstone.training.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseRetry;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Sql;
import dev.whetstone.dpo.Trainer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.TrainingJob;
import dev.whetstone.dpo.TrainingListener;
import dev.whetstone.dpo.TrainingOutcome;
import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.data.Example;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.loss.PairLogps;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.lora.AdapterSize;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.policy.Provenance;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.JsonText;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.ValidationScores;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Executes one run: selects its data or loads the stored selection, trains or resumes from the
 * checkpoint, and stores the version, the log-probs of the validation pairs and the end of the run
 * in one transaction.
 */
public final class TrainingRunExecutor {
  private static final Logger LOG = Logger.getLogger(TrainingRunExecutor.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_TRIES = 60;
  private static final Duration RETRY_PAUSE = Duration.ofSeconds(2);

  private final ModelDirectory base;
  private final TrainerOptions options;
  private final TrainingDataSelector selector;
  private final TrainingRunStore runs;
  private final PolicyStore policies;
  private final Path folder;
  private final int retainedRuns;
  private final int referenceRows;
  private final long maxAdapterBytes;

  /**
   * Creates the executor of one base model. Reference log-probs are cached in the database,
   * whatever the options say.
   *
   * @param folder in which each run gets a folder with its checkpoint
   */
  public TrainingRunExecutor(
      ModelDirectory base,
      TrainerOptions options,
      TrainingRunStore runs,
      PolicyStore policies,
      TrainerConfig config,
      Path folder) {
    this.base = base;
    this.options = options;
    this.runs = runs;
    this.policies = policies;
    this.selector =
        new TrainingDataSelector(
            new TrainingVotes(runs.database(), base.hash()),
            runs,
            policies,
            config,
            base.config(),
            new TasteWatch(base, options, runs, policies));
    this.folder = folder;
    this.retainedRuns = config.retainedRuns();
    this.referenceRows = config.referenceRows();
    this.maxAdapterBytes = config.maxAdapterSize().asLongValue();
  }

  /**
   * Executes a run that is running until it or the process ends.
   *
   * @param stopping true once the process should end; the run then stays running, to be resumed
   * @throws DatabaseUnavailableException when the database stays unavailable; the run stays running
   */
  void run(TrainingRun run, BooleanSupplier stopping) {
    try {
      // Opened before the pairs are read, so that text erased from now on is never cached.
      ReferenceCache references = DatabaseReferenceCache.open(runs.database(), referenceRows);
      TrainingDataSelector.TrainingData loaded = selector.select(run);
      requireServable(loaded.config().weights());
      LOG.infof(
          "%s %s: %d pairs, %d ratings, %d held out, on top of %s",
          run.attempts() > 1 ? "resuming" : "training",
          run.id(),
          loaded.train().size(),
          loaded.ratings().size(),
          loaded.validation().size(),
          loaded.parent().version());
      Instant begin = options.clock().instant();
      ProgressReporter progress = new ProgressReporter(run.id(), stopping);
      TrainingOutcome outcome =
          new Trainer(options.with(references))
              .run(
                  new TrainingJob(
                      base,
                      loaded.train(),
                      loaded.ratings(),
                      loaded.validation(),
                      loaded.config(),
                      loaded.parent().adapter(),
                      loaded.champion().adapter(),
                      folder.resolve(run.id()),
                      true),
                  progress);
      if (outcome.ending() != TrainingOutcome.Ending.CANCELLED) {
        Duration duration = Duration.between(begin, options.clock().instant());
        retryWhileUnavailable(() -> complete(run, loaded, outcome, duration));
      } else if (!stopping.getAsBoolean()) {
        retryWhileUnavailable(() -> finish(run, RunStatus.CANCELLED, "it was cancelled"));
      }
    } catch (DatabaseUnavailableException unavailable) {
      throw unavailable;
    } catch (TrainingDataSelector.UnusableException unusable) {
      retryWhileUnavailable(
          () -> finish(run, RunStatus.FAILED, String.valueOf(unusable.getMessage())));
    } catch (IOException | RuntimeException failed) {
      LOG.errorf(failed, "run %s failed", run.id());
      retryWhileUnavailable(
          () -> finish(run, RunStatus.FAILED, String.valueOf(failed.getMessage())));
    }
    deleteOldRunFolders();
  }

  /** Refuses to train for an hour what no gateway would load. */
  private void requireServable(TrainedWeights weights) {
    if (weights instanceof TrainedWeights.Lora lora) {
      long bytes = AdapterSize.bytes(base.config(), lora.rank(), lora.targets());
      if (bytes > maxAdapterBytes) {
        throw new TrainingDataSelector.UnusableException(
            "an adapter of rank %d on %s has %d bytes, more than the %d that gateways are expected to load (whetstone.trainer.max-adapter-size)"
                .formatted(
                    lora.rank(),
                    String.join(", ", new TreeSet<>(lora.targets())),
                    bytes,
                    maxAdapterBytes));
      }
    }
  }

  private void finish(TrainingRun run, RunStatus status, String reason) {
    Logger.Level level = status == RunStatus.FAILED ? Logger.Level.WARN : Logger.Level.INFO;
    LOG.logf(level, "run %s %s: %s", run.id(), status.label(), reason);
    runs.finish(run.id(), status, new ChangeContext("trainer", reason));
  }

  private void complete(
      TrainingRun run,
      TrainingDataSelector.TrainingData loaded,
      TrainingOutcome outcome,
      Duration duration) {
    LoraAdapter adapter = outcome.adapter();
    if (adapter == null) {
      finish(run, RunStatus.FAILED, "all weights were trained: there is no adapter to serve");
      return;
    }
    if (outcome.step() == 0) {
      finish(
          run,
          RunStatus.FAILED,
          "no step was better on the select pairs than the adapter it started from");
      return;
    }
    if (outcome.scale() == 0) {
      finish(run, RunStatus.FAILED, "every step was beyond the KL budget");
      return;
    }
    Provenance lineage = new Provenance(loaded.parent().version(), run.id(), loaded.hash());
    SelectComparison comparison =
        SelectComparison.of(loaded.votes(), outcome, loaded.config().loss().beta());
    String reason =
        "%s after step %d%s"
            .formatted(
                EnumNames.of(outcome.ending()),
                outcome.step(),
                outcome.scale() == 1
                    ? ""
                    : ", scaled by %.2f into the KL budget".formatted(outcome.scale()));
    long tokens = trainedTokens(loaded);
    runs.database()
        .transaction(
            connection -> {
              Optional<String> unwanted = unwanted(connection, run.id());
              if (unwanted.isPresent()) {
                return runs.finish(
                    connection,
                    run.id(),
                    RunStatus.CANCELLED,
                    null,
                    new ChangeContext("trainer", unwanted.get()));
              }
              var stored =
                  policies.register(
                      connection,
                      adapter,
                      lineage,
                      PolicyStatus.CANDIDATE,
                      new ChangeContext("trainer", reason));
              String version = stored.row().version();
              runs.recordResult(
                  connection,
                  run.id(),
                  JsonText.of(
                      JSON.writer(),
                      comparison.toMap(loaded.champion().version(), loaded.trainedEdits())),
                  // a run that was taken up again took longer than this attempt
                  run.attempts() == 1 ? duration.toMillis() / 1e3 : 0,
                  tokens);
              if (stored.created()) {
                runs.reports().saveScores(connection, run.id(), scores(outcome.validation()));
              }
              boolean ended =
                  runs.finish(
                      connection,
                      run.id(),
                      stored.created() ? RunStatus.SUCCEEDED : RunStatus.FAILED,
                      stored.created() ? version : null,
                      new ChangeContext(
                          "trainer",
                          stored.created() ? reason : "it made the same adapter as " + version));
              if (!ended) {
                throw new IllegalStateException(
                    "run " + run.id() + " was ended by somebody else meanwhile");
              }
              return true;
            });
    LOG.infof("run %s ended: %s; %s", run.id(), reason, comparison);
  }

  /** Why a result may not be stored; checked in the transaction that would store it. */
  private static Optional<String> unwanted(Connection connection, String id) throws SQLException {
    return Sql.first(
        connection,
        row -> row.getString(1),
        """
        SELECT CASE WHEN cancel_requested THEN 'it was cancelled'
          ELSE 'votes that it was trained on were erased' END
        FROM training_runs WHERE run_id = ? AND (cancel_requested OR EXISTS (
          SELECT FROM run_preferences r WHERE r.run_id = training_runs.run_id
            AND NOT EXISTS (
              SELECT FROM preferences v WHERE v.preference_id = r.preference_id))
          OR EXISTS (
          SELECT FROM run_ratings r WHERE r.run_id = training_runs.run_id
            AND NOT EXISTS (SELECT FROM ratings f WHERE f.feedback_id = r.feedback_id)))
        FOR UPDATE
        """,
        id);
  }

  private static long trainedTokens(TrainingDataSelector.TrainingData loaded) {
    int pairs = loaded.examples();
    TrainConfig config = loaded.config();
    double passes =
        (double) config.schedule(pairs).totalSteps() * config.batch().batchSize() / pairs;
    long once =
        Stream.concat(loaded.train().stream(), loaded.ratings().stream())
            .mapToLong(Example::tokens)
            .sum();
    return (long) (once * Math.max(1, passes));
  }

  private static List<ValidationScores> scores(List<PairLogps> pairs) {
    return pairs.stream()
        .map(
            pair ->
                new ValidationScores(
                    pair.id(),
                    floats(pair.chosen().policy()),
                    floats(pair.chosen().reference()),
                    floats(pair.rejected().policy()),
                    floats(pair.rejected().reference())))
        .toList();
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  // A trained adapter is worth waiting for: a database that restarts, or in which a table is
  // locked, is retried for two minutes.
  private static void retryWhileUnavailable(Runnable work) {
    DatabaseRetry.run(MAX_TRIES, RETRY_PAUSE, work);
  }

  /** Deletes all but the newest run folders. */
  private void deleteOldRunFolders() {
    try (Stream<Path> all = Files.exists(folder) ? Files.list(folder) : Stream.empty()) {
      List<Path> newestFirst =
          all.sorted(Comparator.comparing(TrainingRunExecutor::changed).reversed()).toList();
      for (Path old :
          newestFirst.subList(Math.min(retainedRuns, newestFirst.size()), newestFirst.size())) {
        AtomicDirectory.deleteTree(old);
      }
    } catch (IOException | UncheckedIOException failed) {
      LOG.warnf("old run folders could not be deleted: %s", failed.getMessage());
    }
  }

  private static FileTime changed(Path path) {
    try {
      return Files.getLastModifiedTime(path);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Records each step in the database; while that is unavailable or slow, training continues. */
  private final class ProgressReporter implements TrainingListener {
    private final String id;
    private final BooleanSupplier stopping;
    private boolean cancelled;

    ProgressReporter(String id, BooleanSupplier stopping) {
      this.id = id;
      this.stopping = stopping;
    }

    @Override
    public void onStep(StepMetrics step) {
      try {
        cancelled |= runs.reports().recordProgress(id, step.step(), json(step));
      } catch (DatabaseUnavailableException | DatabaseException failed) {
        if (!DatabaseRetry.isMomentary(failed)) {
          throw failed;
        }
        LOG.debugf("step %d could not be recorded: %s", step.step(), failed.getMessage());
      }
    }

    @Override
    public boolean isCancelled() {
      return cancelled || stopping.getAsBoolean();
    }

    // JSON has neither NaN nor infinity: they become null.
    private static String json(StepMetrics step) {
      Map<String, @Nullable Object> finite = new HashMap<>(step.toMap());
      finite.replaceAll(
          (name, value) -> value instanceof Double d && !Double.isFinite(d) ? null : value);
      return JsonText.of(JSON.writer(), finite);
    }
  }
}
