package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Notifications;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.settings.BuildInfo;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.training.worker.TrainerConfig;
import dev.whetstone.training.worker.TrainingRunExecutor;
import dev.whetstone.training.worker.TrainingWorker;
import dev.whetstone.weights.ModelDirectory;
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
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The life of a trainer process. */
@Singleton
final class TrainerLifecycle {
  private static final Logger LOG = Logger.getLogger(TrainerLifecycle.class);
  private static final Duration AWAY_PAUSE = Duration.ofSeconds(2);

  @Inject AppSettings environment;
  @Inject Database database;
  @Inject Notifications notifications;
  @Inject TrainerConfig config;
  @Inject InstantSource clock;
  @Inject GatewayState serving;
  @Inject MeterRegistry registry;

  private volatile @Nullable TrainingWorker loop;
  private volatile boolean stopping;

  /** A trainer has health and metrics; the gateway's routes are not there. */
  void routes(@Observes Router router) {
    if (ProcessRole.current() == ProcessRole.TRAINER) {
      router
          .route()
          .order(Integer.MIN_VALUE)
          .handler(
              context -> {
                if (open(context.request())) {
                  context.next();
                } else {
                  context.response().setStatusCode(404).end();
                }
              });
    }
  }

  private static boolean open(HttpServerRequest request) {
    String path = request.path();
    return path.startsWith("/q/health") || path.startsWith("/q/metrics");
  }

  void start(@Observes StartupEvent started) {
    if (ProcessRole.current() == ProcessRole.TRAINER) {
      Thread.ofPlatform().name("whetstone-trainer-start").daemon().start(this::begin);
    }
  }

  private void begin() {
    try {
      ModelDirectory base =
          environment
              .models(System.out::println)
              .resolve(environment.model(), environment.weights().precision());
      PolicyStore policies = new PolicyStore(database, base.hash());
      openPatiently(policies);
      TrainingRunStore runs = new TrainingRunStore(database, base.hash());
      TrainingWorker training =
          new TrainingWorker(
              runs,
              new TrainingVotes(database, base.hash()),
              new TrainingRunExecutor(
                  base, settings(), runs, policies, config, environment.home().resolve("training")),
              config,
              clock,
              base.hash());
      Gauge.builder("whetstone.trainer.leads", training, t -> t.leads() ? 1 : 0)
          .description("1 where this trainer is the one that works")
          .register(registry);
      loop = training;
      training.start(notifications);
      serving.setState(new State.TrainerOnly());
      System.out.println(
          "Whetstone's trainer is ready; health at http://localhost:"
              + environment.trainerPort()
              + "/q/health");
    } catch (IOException | RuntimeException | LinkageError failed) {
      LOG.errorf(failed, "the trainer cannot work: %s", failed.getMessage());
      Quarkus.asyncExit(1);
    }
  }

  private TrainerOptions settings() {
    return new TrainerOptions(
        NetworkSettings.exact(config.threads()),
        config.checkpointEvery(),
        ReferenceCache.NONE,
        clock,
        BuildInfo.version());
  }

  private void openPatiently(PolicyStore policies) {
    while (!stopping) {
      try {
        policies.open();
        return;
      } catch (DatabaseUnavailableException away) {
        LOG.warnf("the trainer waits for the database: %s", away.getMessage());
        try {
          Thread.sleep(AWAY_PAUSE);
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
    TrainingWorker running = loop;
    if (running != null) {
      running.close();
    }
    notifications.close();
    database.close();
  }
}
