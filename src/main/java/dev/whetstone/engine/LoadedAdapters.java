package dev.whetstone.engine;

import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.policy.Policy;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The versions that can be served, by hash, with the number of requests that use each. A retired
 * version takes no new requests and leaves the runner with its last one. v0 is always there.
 */
final class LoadedAdapters {
  private static final class Entry {
    final Policy policy;
    int uses;
    @Nullable CompletableFuture<Void> retired;

    Entry(Policy policy) {
      this.policy = policy;
    }
  }

  private final ModelRunner runner;
  private final Map<String, Entry> entries = new HashMap<>();

  LoadedAdapters(ModelRunner runner) {
    this.runner = runner;
  }

  /** Engine thread. */
  void stage(Policy policy) {
    if (policy.isBase() || revive(policy)) {
      return;
    }
    runner.stage(policy);
    synchronized (this) {
      entries.put(policy.hash(), new Entry(policy));
    }
  }

  /** Whether a version is there, retired or not; any thread. */
  synchronized boolean holds(Policy policy) {
    return policy.isBase() || entries.containsKey(policy.hash());
  }

  private synchronized boolean revive(Policy policy) {
    Entry entry = entries.get(policy.hash());
    if (entry == null) {
      return false;
    }
    if (entry.retired != null) {
      entry.retired.complete(null);
      entry.retired = null;
    }
    return true;
  }

  /** Any thread. Completes {@code gone} when the runner has let go. */
  synchronized void retire(Policy policy, CompletableFuture<Void> gone) {
    Entry entry = entries.get(policy.hash());
    if (entry == null) {
      gone.complete(null);
    } else if (entry.retired == null) {
      entry.retired = gone;
    } else {
      var _ = entry.retired.thenAccept(gone::complete);
    }
  }

  /**
   * Counts one more use; any thread.
   *
   * @throws PolicyNotStagedException when the version is not staged or is retired
   */
  synchronized void acquire(Policy policy) {
    if (policy.isBase()) {
      return;
    }
    Entry entry = entries.get(policy.hash());
    if (entry == null || entry.retired != null) {
      throw new PolicyNotStagedException(policy);
    }
    entry.uses++;
  }

  /** Ends one use; any thread. */
  synchronized void giveBack(Policy policy) {
    Entry entry = entries.get(policy.hash());
    if (!policy.isBase() && entry != null) {
      entry.uses--;
    }
  }

  /** Engine thread, between steps: takes retired versions without uses from the runner. */
  synchronized void freeRetired() {
    for (Iterator<Entry> all = entries.values().iterator(); all.hasNext(); ) {
      Entry entry = all.next();
      if (entry.retired != null && entry.uses == 0) {
        all.remove();
        runner.release(entry.policy);
        entry.retired.complete(null);
      }
    }
  }

  /** The runner is going: nothing is left to wait for. */
  synchronized void close() {
    for (Entry entry : entries.values()) {
      if (entry.retired != null) {
        entry.retired.complete(null);
      }
    }
    entries.clear();
  }
}
