package dev.whetstone.serving;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.Notifications;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineClosedException;
import dev.whetstone.policy.AdapterCache;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what this gateway serves equal to the aliases in the database. A new champion is loaded,
 * verified, staged and tried before one volatile reference is swapped, so that after any failure
 * the old version still serves. Sequences finish on the version they began with.
 *
 * <p>Any thread may read {@link #serving} or {@link #resolve} a version; {@link #reconcile} runs
 * one at a time. Failed versions are retried with increasing delays.
 */
public final class PolicyRouter implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(PolicyRouter.class);
  private static final Duration MAX_RETRY_DELAY = Duration.ofMinutes(1);

  private final Policy base;
  private final PolicyStore store;
  private final AliasStore aliases;
  private final AdapterCache cache;
  private final AdapterStaging staging;
  private final AdapterHeap heap;
  private final PolicyLoader loader;
  private final ServingStateReporter reporter;
  private final GatewayStatusStore statusStore;
  private final ServingConfig config;
  private final InstantSource clock;
  private final String gateway;
  private final ReentrantLock reconciling = new ReentrantLock();
  private volatile ServingSnapshot serving;
  private volatile @Nullable String problem;
  private volatile boolean closed;

  @GuardedBy("reconciling")
  private boolean opened;

  @GuardedBy("reconciling")
  private long attemptedRevision = -1;

  @GuardedBy("reconciling")
  private Instant retryAt = Instant.MIN;

  @GuardedBy("reconciling")
  private Duration retryDelay = Duration.ZERO;

  /**
   * Creates a router that serves v0 until {@link #start}.
   *
   * @param gateway name of this process, unique in the cluster
   */
  public PolicyRouter(
      Engine engine,
      Policy base,
      PolicyStore store,
      AdapterCache cache,
      ServingConfig config,
      InstantSource clock,
      String gateway) {
    this.base = base;
    this.store = store;
    this.aliases = new AliasStore(store);
    this.cache = cache;
    this.staging =
        new AdapterStaging(engine, config.retainedNamedVersions(), config.stagingTimeout());
    this.heap = new AdapterHeap(Runtime.getRuntime().maxMemory(), staging, config.stagingTimeout());
    this.loader = new PolicyLoader(base, store, cache, staging, heap);
    this.statusStore = new GatewayStatusStore(store.database(), base.hash());
    this.reporter = new ServingStateReporter(cache, statusStore, gateway, clock);
    this.config = config;
    this.clock = clock;
    this.gateway = gateway;
    this.serving = new ServingSnapshot(-1, base, null, null);
  }

  /**
   * Serves the champion; if the database is unavailable, what this machine served last, else v0.
   * From then on follows the aliases, by notification and by polling.
   */
  public void start(Notifications notifications) {
    reconcile();
    if (serving.revision() < 0) {
      serveLastKnown();
    }
    notifications.listen(AliasStore.CHANNEL, this::reconcile);
    Thread.ofVirtual().name("whetstone-policies").start(this::poll);
  }

  private void poll() {
    while (!closed) {
      try {
        Thread.sleep(config.poll());
      } catch (InterruptedException stopped) {
        return;
      }
      try {
        reconcile();
      } catch (RuntimeException failed) {
        LOG.error("the aliases could not be followed; the next poll tries again", failed);
      }
    }
  }

  private void serveLastKnown() {
    Optional<AdapterCache.Served> last = cache.lastServed();
    if (last.isEmpty() || last.get().hash().equals(base.hash())) {
      return;
    }
    try {
      Optional<Policy> cached = loader.loadCached(last.get().version(), last.get().hash());
      cached.ifPresent(
          policy -> {
            staging.need(policy);
            serving = new ServingSnapshot(-1, policy, null, null);
            LOG.warnf(
                "serving %s as before the restart, until the aliases can be read",
                policy.version());
          });
    } catch (PolicyException unusable) {
      LOG.error(unusable.getMessage());
    }
  }

  /** The versions that requests get now. */
  public ServingSnapshot serving() {
    return serving;
  }

  /** Why this gateway does not serve what the aliases say; null while it does. */
  public @Nullable String problem() {
    return problem;
  }

  /** How often this gateway refused a version. */
  public long refusals() {
    return loader.refusals();
  }

  public PolicyStore store() {
    return store;
  }

  public AliasStore aliases() {
    return aliases;
  }

  public GatewayStatusStore statusStore() {
    return statusStore;
  }

  /** The name of this process among the gateways. */
  public String gateway() {
    return gateway;
  }

  /** The base model, v0. */
  public Policy base() {
    return base;
  }

  /**
   * Finds the version that a request names by alias, version or hash; stages it where necessary.
   *
   * @throws PolicyException.Unknown when there is no such version
   * @throws PolicyException.Refused when it is damaged or does not fit the model
   * @throws DatabaseUnavailableException when it is not in memory and cannot be looked up
   */
  public Policy resolve(String name) {
    Optional<Policy> here = serving.alias(name).or(() -> loader.findReady(name));
    if (here.isPresent()) {
      return here.get();
    }
    if (!name.matches("v[1-9][0-9]{0,8}|[0-9a-f]{64}")) {
      throw new PolicyException.Unknown(name);
    }
    return loader.loadNamed(store.require(name), config.stagingTimeout());
  }

  /** Stages a version again that was released between resolving a request and submitting it. */
  public void restage(Policy policy) {
    staging.restage(policy);
  }

  /**
   * Reads a version from its row, even if it is in memory or on disk, and stages it: a version that
   * is to be promoted must be intact in the database, where every gateway reads it.
   *
   * @throws PolicyException.Refused when it is damaged or does not fit the model
   */
  public Policy verify(PolicyRecord row) {
    return loader.reload(row);
  }

  /**
   * Stages an adapter that has no row yet and releases it again, to find out whether it fits.
   *
   * @throws PolicyException.Refused naming the reason
   */
  public void validate(Policy policy) {
    loader.validate(policy);
  }

  /** Room in the heap, until it is closed. */
  @FunctionalInterface
  public interface Room extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Reserves room for an adapter that is about to be read from outside.
   *
   * @param bytes that reading it takes of the heap at most
   * @throws PolicyException.Refused with the numbers, when the heap has no room for it
   */
  public Room reserve(String name, long bytes) {
    return heap.reserve(name, bytes);
  }

  /** Makes this gateway serve what the aliases say. Any thread may call it at any time. */
  public void reconcile() {
    reconciling.lock();
    try {
      if (!closed) {
        reconcileLocked();
      }
    } catch (DatabaseUnavailableException unavailable) {
      LOG.debugf("the aliases cannot be read: %s", unavailable.getMessage());
    } catch (EngineClosedException closing) {
      LOG.debug("the engine is closed");
    } catch (DatabaseException failed) {
      LOG.error("the aliases cannot be read", failed);
    } finally {
      reconciling.unlock();
    }
  }

  @GuardedBy("reconciling")
  private void reconcileLocked() {
    if (!opened) {
      store.open();
      opened = true;
    }
    Aliases wanted = store.database().statement(aliases::read);
    if (wanted.revision() != attemptedRevision || (problem != null && retryDue())) {
      apply(wanted);
    }
    reporter.report(serving, problem);
  }

  @GuardedBy("reconciling")
  private boolean retryDue() {
    return !clock.instant().isBefore(retryAt);
  }

  @GuardedBy("reconciling")
  private void apply(Aliases wanted) {
    List<String> problems = new ArrayList<>();
    try {
      apply(wanted, problems);
    } catch (EngineClosedException closing) {
      throw closing;
    } catch (RuntimeException failed) {
      // Whatever it was, it is told and tried again.
      LOG.errorf(failed, "revision %d of the aliases could not be applied", wanted.revision());
      problems.add(
          "revision %d of the aliases could not be applied: %s"
              .formatted(wanted.revision(), failed.getMessage()));
      staging.retain(serving.policies().toList());
    }
    attemptedRevision = wanted.revision();
    recordProblems(problems);
  }

  @GuardedBy("reconciling")
  private void apply(Aliases wanted, List<String> problems) {
    Policy champion = loadOrNull(wanted.champion(), problems);
    if (champion != null) {
      // Serve the champion at once; what is not staged yet is staged while it serves.
      swap(
          new ServingSnapshot(
              wanted.revision(),
              champion,
              findReady(wanted.candidate()),
              findReady(wanted.previous())));
    }
    Policy candidate = loadOrNull(wanted.candidate(), problems);
    Policy previous = loadOrNull(wanted.previous(), problems);
    if (champion != null) {
      swap(new ServingSnapshot(wanted.revision(), champion, candidate, previous));
    }
    List<Policy> needed = new ArrayList<>(serving.policies().toList());
    for (String version :
        store.database().statement(c -> aliases.lastChampions(c, config.retainedChampions()))) {
      Policy kept = loadOrNull(version, problems);
      if (kept != null) {
        needed.add(kept);
      }
    }
    staging.retain(needed);
  }

  private void swap(ServingSnapshot next) {
    ServingSnapshot last = serving;
    serving = next;
    if (!last.champion().hash().equals(next.champion().hash())) {
      LOG.infof(
          "serving %s (%s) instead of %s, aliases revision %d",
          next.champion().version(),
          next.champion().hash(),
          last.champion().version(),
          next.revision());
    }
  }

  @GuardedBy("reconciling")
  private void recordProblems(List<String> problems) {
    String now = problems.isEmpty() ? null : String.join("; ", problems);
    if (now == null) {
      retryDelay = Duration.ZERO;
    } else {
      retryDelay = retryDelay.isZero() ? config.poll() : retryDelay.multipliedBy(2);
      retryDelay = retryDelay.compareTo(MAX_RETRY_DELAY) > 0 ? MAX_RETRY_DELAY : retryDelay;
      retryAt = clock.instant().plus(retryDelay);
      if (!now.equals(problem)) {
        LOG.errorf("still serving %s: %s", serving.champion().version(), now);
      }
    }
    problem = now;
  }

  private @Nullable Policy findReady(@Nullable String version) {
    return version == null ? null : loader.findReady(version).orElse(null);
  }

  private @Nullable Policy loadOrNull(@Nullable String version, List<String> problems) {
    if (version == null) {
      return null;
    }
    try {
      Policy here = findReady(version);
      Policy policy = here != null ? here : loader.load(store.require(version));
      staging.need(policy);
      return policy;
    } catch (PolicyException unusable) {
      String reason = String.valueOf(unusable.getMessage());
      if (!problems.contains(reason)) {
        problems.add(reason);
      }
      return null;
    }
  }

  /** Stops following the aliases; the versions stay served, and the last state is reported. */
  @Override
  public void close() {
    closed = true;
    reporter.close();
  }
}
