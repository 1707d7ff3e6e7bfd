package dev.whetstone.training.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseRetry;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.dpo.Trainer;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.TrainingJob;
import dev.whetstone.dpo.TrainingListener;
import dev.whetstone.dpo.TrainingOutcome;
import dev.whetstone.dpo.config.TrainedWeights;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.lora.AdapterSize;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.JsonText;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.UnwantedRuns;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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
        retryWhileUnavailable(() -> end(run, loaded, outcome, duration));
      } else if (!stopping.getAsBoolean()) {
        retryWhileUnavailable(() -> endUnwanted(run));
      }
    } catch (DatabaseUnavailableException unavailable) {
      throw unavailable;
    } catch (TrainingDataSelector.UnusableException unusable) {
      retryWhileUnavailable(
          () -> {
            if (!endUnwanted(run)) {
              finish(run, RunStatus.FAILED, String.valueOf(unusable.getMessage()));
            }
          });
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

  private void end(
      TrainingRun run,
      TrainingDataSelector.TrainingData loaded,
      TrainingOutcome outcome,
      Duration duration) {
    Optional<String> worthless = RunResult.worthless(outcome);
    if (worthless.isPresent()) {
      finish(run, RunStatus.FAILED, worthless.get());
      return;
    }
    new RunResult(run, loaded, outcome, duration)
        .store(runs, policies)
        .ifPresent(why -> told(run, why));
  }

  /** Ends a run whose result may not be stored; false when it may be. */
  private boolean endUnwanted(TrainingRun run) {
    Optional<UnwantedRuns.Reason> reason = runs.unwanted().end(run);
    reason.ifPresent(why -> told(run, why));
    return reason.isPresent();
  }

  private void told(TrainingRun run, UnwantedRuns.Reason why) {
    LOG.infof("run %s ended without a version: %s", run.id(), EnumNames.of(why));
    if (why == UnwantedRuns.Reason.ERASED) {
      try {
        // Its checkpoint has learned from what was erased.
        AtomicDirectory.deleteTree(folder.resolve(run.id()));
      } catch (IOException failed) {
        LOG.warnf("the folder of run %s could not be deleted: %s", run.id(), failed.getMessage());
      }
    }
  }

  private void finish(TrainingRun run, RunStatus status, String reason) {
    Logger.Level level = status == RunStatus.FAILED ? Logger.Level.WARN : Logger.Level.INFO;
    LOG.logf(level, "run %s %s: %s", run.id(), status.label(), reason);
    runs.finish(run.id(), status, new ChangeContext("trainer", reason));
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
