package dev.whetstone.app;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.DatabaseUnusableException;
import dev.whetstone.database.Notifications;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.gateway.http.GatewayConfig;
import dev.whetstone.gateway.http.RequestLog;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.io.MonotonicClock;
import dev.whetstone.models.ModelIntegrity;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.models.ModelStore;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.AdapterCache;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.rollout.RolloutConfig;
import dev.whetstone.rollout.Rollouts;
import dev.whetstone.rollout.gate.GateChecksConfig;
import dev.whetstone.rollout.gate.OperatorChecks;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.security.SessionCache;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.serving.ServingConfig;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelDirectory;
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
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Loads the model once HTTP is up, and drains running requests before the process ends. */
@Singleton
final class GatewayLifecycle implements ModelOpener.PolicyServices {
  private static final Logger LOG = Logger.getLogger(GatewayLifecycle.class);
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(25);
  private static final Duration FIRST_OPENING = Duration.ofMinutes(1);
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(3);
  private static final Duration POLL = Duration.ofMillis(20);
  // bounds how long a revoked key is still accepted
  private static final Duration KEY_REFRESH = Duration.ofSeconds(2);

  private final AppSettings settings;
  private final EngineConfig engineConfig;
  private final GatewayState gatewayState;
  private final InstantSource clock;
  private final Database database;
  private final Notifications notifications;
  private final ServingConfig servingConfig;
  private final RolloutConfig rolloutConfig;
  private final GateChecksConfig gateChecks;
  private final RandomGenerator random;
  private final TrainerSupervisor trainer;
  private final Instance<ApiKeyCache> keys;
  private final GatewayConfig http;
  private final RequestLog requests;
  private final Instance<SessionCache> sessions;
  private final WelcomePrinter welcome;

  private final AtomicBoolean draining = new AtomicBoolean();
  private final CountDownLatch databaseTried = new CountDownLatch(1);
  private volatile @Nullable ServedModel served;

  @Inject
  GatewayLifecycle(
      AppSettings settings,
      EngineConfig engineConfig,
      GatewayState gatewayState,
      InstantSource clock,
      Database database,
      Notifications notifications,
      ServingConfig servingConfig,
      RolloutConfig rolloutConfig,
      GateChecksConfig gateChecks,
      RandomGenerator random,
      TrainerSupervisor trainer,
      Instance<ApiKeyCache> keys,
      GatewayConfig http,
      RequestLog requests,
      Instance<SessionCache> sessions,
      WelcomePrinter welcome) {
    this.settings = settings;
    this.engineConfig = engineConfig;
    this.gatewayState = gatewayState;
    this.clock = clock;
    this.database = database;
    this.notifications = notifications;
    this.servingConfig = servingConfig;
    this.rolloutConfig = rolloutConfig;
    this.gateChecks = gateChecks;
    this.random = random;
    this.trainer = trainer;
    this.keys = keys;
    this.http = http;
    this.requests = requests;
    this.sessions = sessions;
    this.welcome = welcome;
  }

  void start(@Observes StartupEvent started) {
    if (ProcessRole.current() != ProcessRole.GATEWAY) {
      return;
    }
    keys.get().start(KEY_REFRESH);
    sessions.get().start(KEY_REFRESH);
    Thread.ofPlatform().name("whetstone-loader").daemon().start(this::loadModel);
    Thread.ofVirtual().name("whetstone-database").start(this::openDatabase);
  }

  // Plain generation needs no database, so the start goes on without one: the first call that needs
  // it tries to open it again.
  private void openDatabase() {
    try {
      database.open();
    } catch (DatabaseUnusableException unusable) {
      LOG.errorf("the database cannot be used, and no later try will: %s", unusable.getMessage());
      Quarkus.asyncExit(1);
    } catch (DatabaseUnavailableException unavailable) {
      LOG.warnf(
          "the database is unavailable; pairs and votes are refused until it answers: %s",
          unavailable.getMessage());
    } catch (RuntimeException unusable) {
      LOG.error("the database cannot be used; pairs and votes are refused", unusable);
    } finally {
      databaseTried.countDown();
    }
  }

  // Who is told that the gateway is ready will ask for a pair next, so the versions are read first.
  // Without a database that answers in time, single answers are served alone.
  private void awaitDatabase() throws InterruptedException {
    if (!databaseTried.await(FIRST_OPENING.toNanos(), TimeUnit.NANOSECONDS)) {
      LOG.warn("the database is still being opened; pairs and votes are refused until it answers");
    }
  }

  private void loadModel() {
    try {
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
              this);
      awaitDatabase();
      model.policies().start(notifications);
      model.rollouts().start(notifications);
      served = model;
      gatewayState.setState(new State.Ready(model));
      if (draining.get()) {
        gatewayState.setState(new State.Draining());
      }
      System.out.println("Whetstone is ready at http://localhost:" + settings.port());
      System.out.println(
          settings.databaseUrl() == null
              ? "Keys: " + settings.keyFile()
              : "Keys: ./whetstone keys create operator");
      welcome.start();
      trainer.start();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException | LinkageError failed) {
      String reason = String.valueOf(failed.getMessage());
      gatewayState.setState(new State.Failed(reason));
      LOG.errorf(failed, "the model cannot be served: %s", reason);
      Quarkus.asyncExit(1);
    }
  }

  @Override
  public PolicyRouter createRouter(Engine engine, Policy base) {
    return new PolicyRouter(
        engine,
        base,
        new PolicyStore(database, base.hash()),
        new AdapterCache(
            settings.home().resolve("policies"),
            base.hash(),
            servingConfig.cachedAdapters(),
            clock),
        servingConfig,
        clock,
        gatewayName());
  }

  @Override
  public Rollouts createRollouts(
      Engine engine,
      Tokenizer tokenizer,
      Optional<ChatTemplate> template,
      PolicyRouter policies,
      TrainingRunStore runs) {
    int[] probeText = tokenizer.encodePrompt(rolloutConfig.gate().probeText());
    return new Rollouts(
        engine,
        policies,
        runs,
        rolloutConfig,
        servingConfig.poll(),
        probeText,
        checks(engine.slotLength(), tokenizer, template),
        random,
        clock);
  }

  private OperatorChecks checks(
      int slotLength, Tokenizer tokenizer, Optional<ChatTemplate> template) {
    return gateChecks
        .checks()
        .map(
            file ->
                OperatorChecks.read(
                    file, slotLength - 1, prompt -> promptIds(tokenizer, template, prompt)))
        .orElse(OperatorChecks.NONE);
  }

  private static int[] promptIds(
      Tokenizer tokenizer, Optional<ChatTemplate> template, JsonNode prompt) {
    List<Message> messages = new ArrayList<>();
    prompt.forEach(
        message ->
            messages.add(
                new Message(message.path("role").asText(), message.path("content").asText())));
    if (prompt.isTextual() && template.isEmpty()) {
      return tokenizer.encodePrompt(prompt.asText());
    }
    return tokenizer.encode(
        template
            .orElseThrow(
                () -> new IllegalArgumentException("this model has no template for messages"))
            .render(
                prompt.isTextual() ? List.of(new Message("user", prompt.asText())) : messages,
                true));
  }

  /** This gateway's name in the cluster: host name and port, which no other gateway shares. */
  private String gatewayName() {
    try {
      return InetAddress.getLocalHost().getHostName() + ":" + settings.port();
    } catch (UnknownHostException unresolved) {
      return "localhost:" + settings.port();
    }
  }

  /**
   * Refuses new requests from now on, still over HTTP, and waits for the running ones. Those that
   * do not end in time are told. Only the first call does anything.
   */
  void drain() throws InterruptedException {
    ServedModel model = served;
    if (model == null || draining.getAndSet(true)) {
      return;
    }
    LOG.info("the gateway stops: new requests are refused, running ones end");
    gatewayState.setState(new State.Draining());
    Thread.ofVirtual().name("whetstone-trainer-stop").start(trainer::close);
    model.rollouts().close();
    Thread.sleep(http.drainDelay());
    if (!model.engine().drain(DRAIN_TIMEOUT)) {
      LOG.warn("some requests were cut short by the shutdown");
      model.engine().close();
    }
    long limit = System.nanoTime() + LAST_ANSWERS.toNanos();
    while (requests.active() > 0 && System.nanoTime() < limit) {
      Thread.sleep(POLL);
    }
  }

  void stop(@Observes ShutdownEvent stopping) throws InterruptedException {
    if (ProcessRole.current() != ProcessRole.GATEWAY) {
      return;
    }
    draining.set(true);
    gatewayState.setState(new State.Draining());
    trainer.close();
    notifications.close();
    ServedModel model = served;
    if (model != null) {
      model.rollouts().close();
      model.policies().close();
      if (!model.engine().drain(DRAIN_TIMEOUT)) {
        LOG.warn("some requests were cut short by the shutdown");
      }
      model.engine().close();
      model.tokenizer().close();
    }
    keys.get().close();
    sessions.get().close();
    database.close();
  }
}
