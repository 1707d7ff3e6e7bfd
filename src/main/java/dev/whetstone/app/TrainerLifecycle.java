package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Notifications;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.ops.TrainerMetrics;
import dev.whetstone.ops.TrainerReadiness;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.bulk.OtherBaseVotes;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.settings.BuildInfo;
import dev.whetstone.settings.ProcessRole;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.worker.TrainerConfig;
import dev.whetstone.training.worker.TrainingRunExecutor;
import dev.whetstone.training.worker.TrainingWorker;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import io.quarkus.arc.lookup.LookupIfProperty;
import io.quarkus.runtime.Quarkus;
import io.vertx.ext.web.Router;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Starts and stops what a trainer process runs. */
@Singleton
@LookupIfProperty(name = ProcessRole.PROPERTY, stringValue = ProcessRole.TRAINER)
final class TrainerLifecycle implements ProcessLifecycle {
  private static final Logger LOG = Logger.getLogger(TrainerLifecycle.class);
  private static final Duration DATABASE_RETRY_PAUSE = Duration.ofSeconds(2);

  /** Width of a model from which a product is worth a second thread. */
  private static final int MIN_SHARED_WIDTH = 256;

  private final AppSettings settings;
  private final Database database;
  private final Notifications notifications;
  private final TrainerConfig config;
  private final InstantSource clock;
  private final TrainerReadiness readiness;
  private final TrainerMetrics metrics;
  private volatile @Nullable TrainingWorker worker;
  private volatile boolean stopping;

  @Inject
  TrainerLifecycle(
      AppSettings settings,
      Database database,
      Notifications notifications,
      TrainerConfig config,
      InstantSource clock,
      @Readiness TrainerReadiness readiness,
      TrainerMetrics metrics) {
    this.settings = settings;
    this.database = database;
    this.notifications = notifications;
    this.config = config;
    this.clock = clock;
    this.readiness = readiness;
    this.metrics = metrics;
  }

  @Override
  public String role() {
    return ProcessRole.TRAINER;
  }

  @Override
  public void route(Router router) {
    TrainerRoutes.register(router);
  }

  @Override
  public void start() {
    Thread.ofPlatform().name("whetstone-trainer-start").daemon().start(this::startTraining);
  }

  private void startTraining() {
    try {
      ModelDirectory base =
          settings
              .modelStore(System.out::println)
              .resolve(settings.model(), settings.weights().precision());
      PolicyStore policies = new PolicyStore(database, base.hash());
      awaitDatabase(policies);
      if (config.otherBases()) {
        adoptVotesOfOtherBases(base);
      }
      TrainingRunStore runs = new TrainingRunStore(database, base.hash());
      TrainingWorker training =
          new TrainingWorker(
              runs,
              new TrainingVotes(database, base.hash()),
              new TrainingRunExecutor(
                  base,
                  trainerOptions(base.config()),
                  runs,
                  policies,
                  config,
                  settings.home().resolve("training")),
              config,
              clock,
              base.hash());
      metrics.register(training);
      worker = training;
      training.start(notifications);
      readiness.begin();
      System.out.println(
          "Whetstone's trainer is ready; health at http://localhost:"
              + settings.trainerPort()
              + "/q/health");
    } catch (IOException | RuntimeException | LinkageError failed) {
      LOG.errorf(failed, "the trainer cannot start: %s", failed.getMessage());
      Quarkus.asyncExit(1);
    }
  }

  private void adoptVotesOfOtherBases(ModelDirectory base) throws IOException {
    long waiting = new TrainingVotes(database, base.hash()).ofOtherBases();
    if (waiting == 0) {
      return;
    }
    try (Tokenizer tokenizer = Tokenizer.open(base.path().resolve("tokenizer.json"))) {
      int unreadable =
          new OtherBaseVotes(
                  database,
                  new PairTokenizer(
                      tokenizer,
                      ModelOpener.chatTemplate(base.path()),
                      base.config().endOfTurn(),
                      base.hash()))
              .adopt();
      LOG.infof(
          "%d votes on answers of other bases are copied by their texts; %d have conversations that"
              + " this base's chat template cannot render",
          waiting - unreadable, unreadable);
    }
  }

  private TrainerOptions trainerOptions(ModelConfig base) {
    return new TrainerOptions(
        NetworkSettings.exact(config.threads().orElseGet(() -> defaultThreads(base))),
        config.checkpointEvery(),
        ReferenceCache.NONE,
        clock,
        BuildInfo.version());
  }

  // Threads of a low priority wait for each other at the end of each product, on busy cores for
  // longer than a small one takes.
  private static int defaultThreads(ModelConfig base) {
    return base.hiddenSize() < MIN_SHARED_WIDTH ? 1 : Runtime.getRuntime().availableProcessors();
  }

  private void awaitDatabase(PolicyStore policies) {
    while (!stopping) {
      try {
        policies.open();
        return;
      } catch (DatabaseUnavailableException unavailable) {
        LOG.warnf("the trainer waits for the database: %s", unavailable.getMessage());
        try {
          Thread.sleep(DATABASE_RETRY_PAUSE);
        } catch (InterruptedException stopped) {
          Thread.currentThread().interrupt();
          return;
        }
      }
    }
  }

  @Override
  public void stop() {
    stopping = true;
    TrainingWorker running = worker;
    if (running != null) {
      running.close();
    }
    notifications.close();
    database.close();
  }
}
