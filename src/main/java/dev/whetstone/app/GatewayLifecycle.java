package dev.whetstone.app;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Notifications;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.models.ModelStore;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.AdapterCache;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.RolloutConfig;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.serving.ServingConfig;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.TrainingRunStore;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/** Loads the model once HTTP is up, and lets running requests end before the process does. */
@Singleton
final class GatewayLifecycle implements ModelOpener.Learning {
  private static final Logger LOG = Logger.getLogger(GatewayLifecycle.class);
  private static final Duration DRAIN = Duration.ofSeconds(25);
  // how long a revoked key may still open something
  private static final Duration KEYS_PERIOD = Duration.ofSeconds(2);

  @Inject AppSettings environment;
  @Inject EngineConfig engineConfig;
  @Inject GatewayState serving;
  @Inject InstantSource clock;
  @Inject Database database;
  @Inject Notifications notifications;
  @Inject ServingConfig servingConfig;
  @Inject RolloutConfig rolloutConfig;
  @Inject RandomGenerator random;
  @Inject TrainerSupervisor trainer;
  @Inject Instance<ApiKeyCache> keys;

  void start(@Observes StartupEvent started) {
    if (ProcessRole.current() != ProcessRole.GATEWAY) {
      return;
    }
    keys.get().start(KEYS_PERIOD);
    Thread.ofPlatform().name("whetstone-loader").daemon().start(this::load);
    Thread.ofVirtual().name("whetstone-database").start(this::openDatabase);
  }

  // Plain generation needs no database: one that is away is tried again when it is asked for.
  private void openDatabase() {
    try {
      database.open();
    } catch (DatabaseUnavailableException away) {
      LOG.warnf("pairs and votes wait for the database: %s", away.getMessage());
    } catch (RuntimeException unusable) {
      LOG.error("the database cannot be used", unusable);
    }
  }

  private void load() {
    try {
      Precision precision = environment.weights().precision();
      ModelStore models = environment.models(System.out::println);
      ServedModel model =
          ModelOpener.load(
              models.resolve(environment.model(), precision),
              precision,
              environment.threads(),
              engineConfig,
              clock,
              models.sampling(environment.model()),
              this);
      model.policies().start(notifications);
      model.rollouts().start(notifications);
      serving.setState(new State.Ready(model));
      System.out.println("Whetstone is ready at http://localhost:" + environment.port());
      System.out.println(
          Files.exists(environment.keys())
              ? "Keys: " + environment.keys()
              : "Keys: ./whetstone keys create operator");
      trainer.start();
    } catch (IOException | RuntimeException | LinkageError failed) {
      String reason = String.valueOf(failed.getMessage());
      serving.setState(new State.Failed(reason));
      LOG.errorf(failed, "the model cannot be served: %s", reason);
      Quarkus.asyncExit(1);
    }
  }

  @Override
  public PolicyRouter policies(Engine engine, Policy base) {
    return new PolicyRouter(
        engine,
        base,
        new PolicyStore(database, base.hash()),
        new AdapterCache(
            environment.home().resolve("policies"),
            base.hash(),
            servingConfig.cachedAdapters(),
            clock),
        servingConfig,
        clock,
        name());
  }

  @Override
  public Rollouts rollouts(
      Engine engine, Tokenizer tokenizer, PolicyRouter policies, TrainingRunStore runs) {
    int[] canary = tokenizer.encode(rolloutConfig.gate().probeText(), false);
    return new Rollouts(
        engine, policies, runs, rolloutConfig, servingConfig.poll(), canary, random, clock);
  }

  /** The machine's name and the port: no two gateways have both. */
  private String name() {
    try {
      return InetAddress.getLocalHost().getHostName() + ":" + environment.port();
    } catch (UnknownHostException nameless) {
      return "localhost:" + environment.port();
    }
  }

  void stop(@Observes ShutdownEvent stopping) throws InterruptedException {
    if (ProcessRole.current() != ProcessRole.GATEWAY) {
      return;
    }
    trainer.close();
    State last = serving.state();
    serving.setState(new State.Draining());
    notifications.close();
    if (last instanceof State.Ready ready) {
      ready.model().rollouts().close();
      ready.model().policies().close();
      if (!ready.model().engine().drain(DRAIN)) {
        LOG.warn("some requests were cut short by the shutdown");
      }
      ready.model().engine().close();
      ready.model().tokenizer().close();
    }
    keys.get().close();
    database.close();
  }
}
