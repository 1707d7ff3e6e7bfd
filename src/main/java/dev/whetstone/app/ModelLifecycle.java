package dev.whetstone.app;

import dev.whetstone.database.Notifications;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.io.MonotonicClock;
import dev.whetstone.models.ModelIntegrity;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.models.ModelStore;
import dev.whetstone.models.SelfTest;
import dev.whetstone.onnx.Precision;
import dev.whetstone.weights.ModelDirectory;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Opens the model that a gateway serves, lets its requests end, and closes it. */
@Singleton
final class ModelLifecycle {
  private static final Logger LOG = Logger.getLogger(ModelLifecycle.class);
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(25);

  private final AppSettings settings;
  private final EngineConfig engineConfig;
  private final InstantSource clock;
  private final GatewayPolicyServices services;
  private final DatabaseLink database;
  private final Notifications notifications;
  private volatile @Nullable ServedModel served;

  @Inject
  ModelLifecycle(
      AppSettings settings,
      EngineConfig engineConfig,
      InstantSource clock,
      GatewayPolicyServices services,
      DatabaseLink database,
      Notifications notifications) {
    this.settings = settings;
    this.engineConfig = engineConfig;
    this.clock = clock;
    this.services = services;
    this.database = database;
    this.notifications = notifications;
  }

  /** Opens the model and follows the versions in the database. */
  ServedModel open() throws IOException, InterruptedException {
    Precision precision = settings.weights().precision();
    ModelStore models = settings.modelStore(System.out::println);
    ModelDirectory directory = models.resolve(settings.model(), precision);
    Optional<String> damage = ModelIntegrity.checkGraphs(directory.path(), precision);
    if (damage.isPresent()) {
      throw new IOException(damage.get());
    }
    ServedModel model =
        ModelOpener.openForServing(
            directory,
            precision,
            settings.threads(),
            engineConfig,
            // a machine's clock that is set must not end requests
            new MonotonicClock(clock),
            models.sampling(settings.model()),
            services);
    requireSound(directory, precision, models, model);
    // Who is told that the gateway is ready will ask for a pair next, so the versions are read
    // first.
    database.await();
    model.policies().start(notifications);
    model.rollouts().start(notifications);
    served = model;
    return model;
  }

  private static void requireSound(
      ModelDirectory directory, Precision precision, ModelStore models, ServedModel model)
      throws IOException {
    Optional<String> fault =
        new SelfTest(models)
            .run(directory, precision, model.engine(), model.tokenizer(), model.base());
    if (fault.isPresent()) {
      model.engine().close();
      model.tokenizer().close();
      throw new IOException(fault.get());
    }
  }

  /** Whether the model is open. */
  boolean isOpen() {
    return served != null;
  }

  /** Decides on no rollout any more, so that another gateway can. */
  void releaseRollouts() {
    ServedModel model = served;
    if (model != null) {
      model.rollouts().close();
    }
  }

  /** Waits for the running requests; those that do not end in time are told. */
  void drain() throws InterruptedException {
    ServedModel model = served;
    if (model != null && !model.engine().drain(DRAIN_TIMEOUT)) {
      LOG.warn("some requests were cut short by the shutdown");
      model.engine().close();
    }
  }

  /** Closes the model, once its running requests have ended or were cut short. */
  void close() throws InterruptedException {
    notifications.close();
    ServedModel model = served;
    if (model == null) {
      return;
    }
    model.rollouts().close();
    model.policies().close();
    drain();
    model.engine().close();
    model.tokenizer().close();
  }
}
