package dev.whetstone.app;

import dev.whetstone.cli.CodeVersion;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseAwayException;
import dev.whetstone.database.Notifications;
import dev.whetstone.dpo.TrainerSettings;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.gateway.state.ServingState;
import dev.whetstone.gateway.state.ServingState.State;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.UsableVotes;
import dev.whetstone.training.RunStore;
import dev.whetstone.training.worker.RunWork;
import dev.whetstone.training.worker.TrainerConfig;
import dev.whetstone.training.worker.TrainingLoop;
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
final class TrainerLife {
  private static final Logger LOG = Logger.getLogger(TrainerLife.class);
  private static final Duration AWAY_PAUSE = Duration.ofSeconds(2);

  @Inject Environment environment;
  @Inject Database database;
  @Inject Notifications notifications;
  @Inject TrainerConfig config;
  @Inject InstantSource clock;
  @Inject ServingState serving;
  @Inject MeterRegistry registry;

  private volatile @Nullable TrainingLoop loop;
  private volatile boolean stopping;

  /** A trainer has health and metrics; the gateway's routes are not there. */
  void routes(@Observes Router router) {
    if (ProcessMode.current() == ProcessMode.TRAINER) {
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
    if (ProcessMode.current() == ProcessMode.TRAINER) {
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
      RunStore runs = new RunStore(database, base.hash());
      TrainingLoop training =
          new TrainingLoop(
              runs,
              new UsableVotes(database, base.hash()),
              new RunWork(
                  base, settings(), runs, policies, config, environment.home().resolve("training")),
              config,
              clock,
              base.hash());
      Gauge.builder("whetstone.trainer.leads", training, t -> t.leads() ? 1 : 0)
          .description("1 where this trainer is the one that works")
          .register(registry);
      loop = training;
      training.start(notifications);
      serving.become(new State.Elsewhere());
      System.out.println(
          "Whetstone's trainer is ready; health at http://localhost:"
              + environment.trainerPort()
              + "/q/health");
    } catch (IOException | RuntimeException | LinkageError failed) {
      LOG.errorf(failed, "the trainer cannot work: %s", failed.getMessage());
      Quarkus.asyncExit(1);
    }
  }

  private TrainerSettings settings() {
    return new TrainerSettings(
        NetworkSettings.exact(config.threads()),
        config.checkpointEvery(),
        ReferenceCache.NONE,
        clock,
        CodeVersion.current());
  }

  private void openPatiently(PolicyStore policies) {
    while (!stopping) {
      try {
        policies.open();
        return;
      } catch (DatabaseAwayException away) {
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
    if (ProcessMode.current() != ProcessMode.TRAINER) {
      return;
    }
    stopping = true;
    TrainingLoop running = loop;
    if (running != null) {
      running.close();
    }
    notifications.close();
    database.close();
  }
}
