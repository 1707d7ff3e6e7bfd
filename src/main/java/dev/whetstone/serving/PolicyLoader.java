package dev.whetstone.serving;

import dev.whetstone.policy.AdapterCache;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStore;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Makes versions ready: finds them in the engine, else on this machine's disk, else in the
 * database.
 */
final class PolicyLoader {
  /** Versions that requests name and that are not in memory: one is loaded, the others wait. */
  private static final int MAX_NAMED = 8;

  private final Policy base;
  private final PolicyStore store;
  private final AdapterCache cache;
  private final AdapterStaging staging;
  private final AdapterHeap heap;
  private final ReentrantLock loading = new ReentrantLock();
  private final Semaphore named = new Semaphore(1);
  private final Semaphore namedOrWaiting = new Semaphore(MAX_NAMED);
  private final ConcurrentMap<String, CompletableFuture<Policy>> namedLoads =
      new ConcurrentHashMap<>();
  private final AtomicLong refusals = new AtomicLong();

  PolicyLoader(
      Policy base,
      PolicyStore store,
      AdapterCache cache,
      AdapterStaging staging,
      AdapterHeap heap) {
    this.heap = heap;
    this.base = base;
    this.store = store;
    this.cache = cache;
    this.staging = staging;
  }

  /** How often this gateway refused a version. */
  long refusals() {
    return refusals.get();
  }

  /** A ready version or v0, by name or hash. */
  Optional<Policy> findReady(String name) {
    return name.equals(base.version()) || name.equals(base.hash())
        ? Optional.of(base)
        : staging.find(name);
  }

  /**
   * Makes the version of a row ready, unless it is already.
   *
   * @throws PolicyException.Refused when it is damaged or does not fit the model
   */
  Policy load(PolicyRecord row) {
    return findReady(row.hash())
        .orElseGet(
            () ->
                countRefusals(
                    () -> {
                      try (PolicyRouter.Room _ = reserve(row)) {
                        Policy policy = read(row);
                        staging.stage(policy);
                        return policy;
                      }
                    }));
  }

  /**
   * Like {@link #load}, for a request: one version at a time, and only a few may wait, because each
   * displaces another one. Requests for the same version wait for one load.
   *
   * @throws PolicyException.StagingTimeout when too many versions wait, or for too long
   */
  Policy loadNamed(PolicyRecord row, Duration timeout) {
    Optional<Policy> here = findReady(row.hash());
    if (here.isPresent()) {
      return here.get();
    }
    CompletableFuture<Policy> own = new CompletableFuture<>();
    CompletableFuture<Policy> running = namedLoads.putIfAbsent(row.hash(), own);
    if (running != null) {
      return join(running, row, System.nanoTime() + timeout.toNanos());
    }
    try {
      Policy policy = loadInTurn(row, timeout);
      own.complete(policy);
      return policy;
    } catch (RuntimeException | Error failed) {
      if (Thread.currentThread().isInterrupted()) {
        own.cancel(false);
      } else {
        own.completeExceptionally(failed);
      }
      throw failed;
    } finally {
      namedLoads.remove(row.hash(), own);
    }
  }

  private Policy join(CompletableFuture<Policy> running, PolicyRecord row, long deadline) {
    try {
      return running.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (CancellationException ended) {
      // the request that loaded it was ended; this one has time left
      return loadNamed(row, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
    } catch (TimeoutException late) {
      throw new PolicyException.StagingTimeout(row.version(), "it is still being loaded");
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof PolicyException refused) {
        throw refused;
      }
      throw new IllegalStateException("loading " + row.version() + " failed", failed.getCause());
    } catch (InterruptedException stopped) {
      throw interrupted(row);
    }
  }

  private static PolicyException interrupted(PolicyRecord row) {
    Thread.currentThread().interrupt();
    return new PolicyException.StagingTimeout(row.version(), "interrupted");
  }

  private Policy loadInTurn(PolicyRecord row, Duration timeout) {
    if (!namedOrWaiting.tryAcquire()) {
      throw new PolicyException.StagingTimeout(row.version(), "too many versions are being loaded");
    }
    try {
      if (!named.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new PolicyException.StagingTimeout(row.version(), "other versions are being loaded");
      }
      try {
        return load(row);
      } finally {
        named.release();
      }
    } catch (InterruptedException stopped) {
      throw interrupted(row);
    } finally {
      namedOrWaiting.release();
    }
  }

  /** Like {@link #load}, but reads and verifies the stored bytes even if the version is cached. */
  Policy reload(PolicyRecord row) {
    return countRefusals(
        () -> {
          try (PolicyRouter.Room _ = reserve(row)) {
            Policy policy = store.load(row);
            staging.stage(policy);
            return policy;
          }
        });
  }

  /** What this machine served last, from its disk alone; empty when it is not there. */
  Optional<Policy> loadCached(String version, String hash) {
    OptionalLong size = cache.size(hash);
    if (size.isEmpty()) {
      return Optional.empty();
    }
    try (PolicyRouter.Room _ = heap.reserve(version, size.getAsLong())) {
      Optional<Policy> cached = cache.find(version, hash);
      cached.ifPresent(staging::stage);
      return cached;
    }
  }

  private PolicyRouter.Room reserve(PolicyRecord row) {
    OptionalLong cached = cache.size(row.hash());
    return heap.reserve(row.version(), cached.isPresent() ? cached.getAsLong() : store.size(row));
  }

  /** Refuses an adapter that has no row yet if it does not fit the model. */
  void validate(Policy policy) {
    countRefusals(
        () -> {
          staging.validate(policy);
          return policy;
        });
  }

  // One at a time: while an adapter is read, memory holds it twice.
  private Policy read(PolicyRecord row) {
    loading.lock();
    try {
      return cache.find(row.version(), row.hash()).orElseGet(() -> store.load(row));
    } finally {
      loading.unlock();
    }
  }

  private Policy countRefusals(Supplier<Policy> work) {
    try {
      return work.get();
    } catch (PolicyException.Refused refused) {
      refusals.incrementAndGet();
      throw refused;
    }
  }
}
