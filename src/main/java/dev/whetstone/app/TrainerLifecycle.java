package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Notifications;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.bulk.OtherBaseVotes;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.settings.BuildInfo;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.worker.LearningStatus;
import dev.whetstone.training.worker.TrainerConfig;
import dev.whetstone.training.worker.TrainingRunExecutor;
import dev.whetstone.training.worker.TrainingWorker;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Starts and stops what a trainer process runs. */
@Singleton
final class TrainerLifecycle {
  private static final Logger LOG = Logger.getLogger(TrainerLifecycle.class);
  private static final Duration DATABASE_RETRY_PAUSE = Duration.ofSeconds(2);

  /** Width of a model from which a product is worth a second thread. */
  private static final int MIN_SHARED_WIDTH = 256;

  private final AppSettings settings;
  private final Database database;
  private final Notifications notifications;
  private final TrainerConfig config;
  private final InstantSource clock;
  private final GatewayState gatewayState;
  private final MeterRegistry registry;

  private volatile @Nullable TrainingWorker worker;
  private volatile boolean stopping;

  @Inject
  TrainerLifecycle(
      AppSettings settings,
      Database database,
      Notifications notifications,
      TrainerConfig config,
      InstantSource clock,
      GatewayState gatewayState,
      MeterRegistry registry) {
    this.settings = settings;
    this.database = database;
    this.notifications = notifications;
    this.config = config;
    this.clock = clock;
    this.gatewayState = gatewayState;
    this.registry = registry;
  }

  /** Answers 404 on every route but health and metrics: a trainer serves no requests. */
  void hideGatewayRoutes(@Observes Router router) {
    if (ProcessRole.current() == ProcessRole.TRAINER) {
      router
          .route()
          .order(Integer.MIN_VALUE)
          .handler(
              context -> {
                if (isServed(context.request())) {
                  context.next();
                } else {
                  context.response().setStatusCode(404).end();
                }
              });
    }
  }

  private static boolean isServed(HttpServerRequest request) {
    String path = request.path();
    return path.startsWith("/q/health") || path.startsWith("/q/metrics");
  }

  void start(@Observes StartupEvent started) {
    if (ProcessRole.current() == ProcessRole.TRAINER) {
      Thread.ofPlatform().name("whetstone-trainer-start").daemon().start(this::startTraining);
    }
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
      Gauge.builder("whetstone.trainer.leads", training, t -> t.leads() ? 1 : 0)
          .description("1 while this trainer holds the leader lock and executes runs")
          .register(registry);
      LearningStatus learning = training.status();
      Gauge.builder("whetstone.trainer.usable_votes", learning, l -> l.pool().counts().usable())
          .description("usable votes in the pool")
          .register(registry);
      Gauge.builder("whetstone.trainer.votes_waiting", learning, l -> l.pool().counts().newer())
          .description("usable votes that no run with a result has considered")
          .register(registry);
      Gauge.builder(
              "whetstone.trainer.votes_since_promotion", learning, l -> l.pool().counts().since())
          .description("usable votes since the champion was promoted")
          .register(registry);
      for (RunStatus end : List.of(RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)) {
        FunctionCounter.builder("whetstone.trainer.runs", learning, l -> l.ended(end))
            .tag("end", end.label())
            .description("ended runs")
            .register(registry);
      }
      worker = training;
      training.start(notifications);
      gatewayState.setState(new State.TrainerOnly());
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

  void stop(@Observes ShutdownEvent ending) {
    if (ProcessRole.current() != ProcessRole.TRAINER) {
      return;
    }
    stopping = true;
    TrainingWorker running = worker;
    if (running != null) {
      running.close();
    }
    notifications.close();
    database.close();
  }
}
