package dev.whetstone.serving;

import dev.whetstone.policy.AdapterCache;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.policy.PolicyStore;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Makes versions ready: from the engine, else from this machine's disk, else from their rows. */
final class PolicyLoader {
  private final Policy base;
  private final PolicyStore store;
  private final AdapterCache cache;
  private final AdapterStaging staging;
  private final ReentrantLock loading = new ReentrantLock();
  private final AtomicLong refusals = new AtomicLong();

  PolicyLoader(Policy base, PolicyStore store, AdapterCache cache, AdapterStaging staging) {
    this.base = base;
    this.store = store;
    this.cache = cache;
    this.staging = staging;
  }

  /** How often a version was refused here. */
  long refusals() {
    return refusals.get();
  }

  /** A version that is ready already, by name or hash. */
  Optional<Policy> findReady(String name) {
    return name.equals(base.version()) || name.equals(base.hash())
        ? Optional.of(base)
        : staging.find(name);
  }

  /**
   * The version of a row, made ready where it is not.
   *
   * @throws PolicyException.Refused when it is damaged or does not fit
   */
  Policy load(PolicyRecord row) {
    return findReady(row.hash())
        .orElseGet(
            () ->
                countRefusals(
                    () -> {
                      Policy policy = read(row);
                      staging.stage(policy);
                      return policy;
                    }));
  }

  /** As {@link #load}, but read from its row whatever is in memory or on disk. */
  Policy reload(PolicyRecord row) {
    return countRefusals(
        () -> {
          Policy policy = store.load(row);
          staging.stage(policy);
          return policy;
        });
  }

  /** Refuses an adapter without a row that does not fit. */
  void validate(Policy policy) {
    countRefusals(
        () -> {
          staging.validate(policy);
          return policy;
        });
  }

  // one at a time: an adapter is held several times over while it is read
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
