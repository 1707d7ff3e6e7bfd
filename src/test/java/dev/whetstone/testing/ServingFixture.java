package dev.whetstone.testing;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Notifications;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineConfig;
import dev.whetstone.lora.Adapters;
import dev.whetstone.models.ModelOpener;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.AdapterCache;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.policy.Provenance;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.serving.ServingConfig;
import dev.whetstone.weights.ModelDirectory;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A gateway without HTTP: the tiny model in float32, its engine, and what it serves. */
public final class ServingFixture implements AutoCloseable {
  private static final ChangeContext OPERATOR = new ChangeContext("operator_1", "a test");

  public final Database database;
  final Notifications notifications;
  final ModelOpener.Opened model;
  public final Engine engine;
  public final PolicyRouter policies;

  /** Called with each committed change, before this gateway applies it. */
  public Consumer<Aliases> committed = aliases -> {};

  /**
   * Opens the gateway and starts it.
   *
   * @param disk the folder of its adapter cache
   * @param listens false drops every notification
   */
  public ServingFixture(Path disk, DatabaseConfig address, String name, boolean listens)
      throws IOException {
    this(disk, address, name, listens, Map.of());
  }

  /** As above, with settings of the engine. */
  public ServingFixture(
      Path disk,
      DatabaseConfig address,
      String name,
      boolean listens,
      Map<String, String> engineSettings)
      throws IOException {
    ModelDirectory tiny = TestModels.tiny();
    InstantSource clock = InstantSource.system();
    ServingConfig config = settings(ServingConfig.class, Map.of());
    database = new Database(address);
    notifications = new Notifications(database);
    if (!listens) {
      notifications.close();
    }
    model =
        ModelOpener.open(
            tiny, Precision.FP32, 2, settings(EngineConfig.class, engineSettings), clock);
    engine = model.engine();
    policies =
        new PolicyRouter(
            engine,
            model.base(),
            new PolicyStore(database, tiny.hash()),
            new AdapterCache(disk, tiny.hash(), config.cachedAdapters(), clock),
            config,
            clock,
            name);
    policies.start(notifications);
  }

  /** A mapping with defaults except for the given settings. */
  public static <T> T settings(Class<T> mapping, Map<String, String> set) {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDiscoveredConverters()
        .withSources(new PropertiesConfigSource(set, "test", 0))
        .withMapping(mapping)
        .build()
        .getConfigMapping(mapping);
  }

  /**
   * Waits for the base's row. An embedded server may take longer to start on a busy machine than a
   * call waits for it, and the router opens its store in the background.
   */
  public void awaitStore() {
    Instant limit = Instant.now().plus(Duration.ofMinutes(1));
    while (!isOpen()) {
      if (Instant.now().isAfter(limit)) {
        throw new IllegalStateException("the store of versions does not open");
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  private boolean isOpen() {
    try {
      return policies.store().find("v0").isPresent();
    } catch (DatabaseUnavailableException opening) {
      return false;
    }
  }

  /** Stores a random version. */
  public PolicyRecord register(long seed) throws IOException {
    return register(seed, 4);
  }

  public PolicyRecord register(long seed, int rank) throws IOException {
    awaitStore();
    return policies
        .store()
        .register(
            Adapters.of(TestModels.tiny().config(), rank, seed),
            Provenance.unknown(),
            PolicyStatus.READY,
            OPERATOR)
        .row();
  }

  /** Promotes as the route does. */
  public Aliases promote(String version) {
    policies.verify(policies.store().find(version).orElseThrow());
    return applied(
        database.<AliasStore.AliasChange>transaction(
            c -> policies.aliases().promote(c, version, OPERATOR)));
  }

  /** Rolls back as the route does. */
  public Aliases rollBack(@Nullable String to) {
    return applied(
        database.<AliasStore.AliasChange>transaction(
            c -> policies.aliases().rollBack(c, to, OPERATOR)));
  }

  private Aliases applied(AliasStore.AliasChange change) {
    committed.accept(change.aliases());
    policies.reconcile();
    return change.aliases();
  }

  public String champion() {
    return policies.serving().champion().version();
  }

  @Override
  public void close() {
    policies.close();
    notifications.close();
    model.close();
    database.close();
  }
}
