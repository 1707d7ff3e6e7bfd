package dev.whetstone.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.policy.Policy;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The versions staged in the runner, by hash, each with the number of its uses (one a branch). A
 * version marked unused refuses new requests and is released from the runner when its last use has
 * ended. v0 is always available. The runner is called on the engine thread only; the entries are
 * guarded by this object's monitor.
 */
final class LoadedAdapters {
  private static final class Entry {
    final Policy policy;
    int uses;

    /** Not null once marked unused; completes when the runner has released the version. */
    @Nullable CompletableFuture<Void> unloaded;

    Entry(Policy policy) {
      this.policy = policy;
    }
  }

  private final ModelRunner runner;

  @GuardedBy("this")
  private final Map<String, Entry> entries = new HashMap<>();

  LoadedAdapters(ModelRunner runner) {
    this.runner = runner;
  }

  /** Stages a version in the runner, or keeps one that was marked unused; engine thread. */
  void stage(Policy policy) {
    if (policy.isBase() || reuseLoaded(policy)) {
      return;
    }
    runner.stage(policy);
    synchronized (this) {
      entries.put(policy.hash(), new Entry(policy));
    }
  }

  /** Whether a version is loaded, even if marked unused; any thread. */
  synchronized boolean isLoaded(Policy policy) {
    return policy.isBase() || entries.containsKey(policy.hash());
  }

  /** How many versions are loaded beside the base; any thread. */
  synchronized int loaded() {
    return entries.size();
  }

  private synchronized boolean reuseLoaded(Policy policy) {
    Entry entry = entries.get(policy.hash());
    if (entry == null) {
      return false;
    }
    if (entry.unloaded != null) {
      entry.unloaded.complete(null);
      entry.unloaded = null;
    }
    return true;
  }

  /** Marks a version unused; any thread. Completes {@code unloaded} when it has been released. */
  synchronized void markUnused(Policy policy, CompletableFuture<Void> unloaded) {
    Entry entry = entries.get(policy.hash());
    if (entry == null) {
      unloaded.complete(null);
    } else if (entry.unloaded == null) {
      entry.unloaded = unloaded;
    } else {
      var _ = entry.unloaded.thenAccept(unloaded::complete);
    }
  }

  /**
   * Counts one more use; any thread.
   *
   * @throws PolicyNotStagedException when the version is not staged or is marked unused
   */
  synchronized void acquire(Policy policy) {
    if (policy.isBase()) {
      return;
    }
    Entry entry = entries.get(policy.hash());
    if (entry == null || entry.unloaded != null) {
      throw new PolicyNotStagedException(policy);
    }
    entry.uses++;
  }

  /** Ends one use; any thread. */
  synchronized void release(Policy policy) {
    Entry entry = entries.get(policy.hash());
    if (!policy.isBase() && entry != null) {
      entry.uses--;
    }
  }

  /** Releases versions that are marked unused and have no uses; engine thread, between steps. */
  synchronized void unloadUnused() {
    for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
      Entry entry = all.next();
      if (entry.unloaded != null && entry.uses == 0) {
        all.remove();
        runner.release(entry.policy);
        entry.unloaded.complete(null);
      }
    }
  }

  /** Completes all pending futures: the runner is about to close and frees all versions. */
  synchronized void close() {
    for (Entry entry : entries.values()) {
      if (entry.unloaded != null) {
        entry.unloaded.complete(null);
      }
    }
    entries.clear();
  }
}
