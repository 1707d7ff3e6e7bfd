package dev.whetstone.serving;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineClosedException;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.QueueFullException;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The versions that are ready in the engine: those that the aliases need, and the few that requests
 * named last. A version is ready once the engine has loaded it and it has generated some tokens
 * with finite logits. Safe for many threads.
 */
final class AdapterStaging implements AdapterHeap.Held {
  private static final int[] TRIAL_PROMPT = {0, 1, 2, 3};
  private static final int TRIAL_TOKENS = 4;
  private static final Duration QUEUE_FULL_PAUSE = Duration.ofMillis(20);
  private final Engine engine;
  private final int maxUnneeded;
  private final Duration timeout;

  @GuardedBy("this")
  private final Map<String, Policy> ready = new LinkedHashMap<>(16, 0.75f, true);

  @GuardedBy("this")
  private Set<String> needed = Set.of();

  /**
   * Creates an empty set of versions.
   *
   * @param maxUnneeded how many versions that no alias needs stay loaded
   * @param timeout of staging one version
   */
  AdapterStaging(Engine engine, int maxUnneeded, Duration timeout) {
    this.engine = engine;
    this.maxUnneeded = maxUnneeded;
    this.timeout = timeout;
  }

  /** A ready version, by name or hash. */
  synchronized Optional<Policy> find(String nameOrHash) {
    Policy byHash = ready.get(nameOrHash);
    if (byHash != null) {
      return Optional.of(byHash);
    }
    Optional<String> hash =
        ready.values().stream()
            .filter(policy -> policy.version().equals(nameOrHash))
            .map(Policy::hash)
            .findFirst();
    return hash.map(ready::get);
  }

  /**
   * Makes a version ready, unless it is already.
   *
   * @throws PolicyException.Refused when it does not fit the model or its logits are not finite
   * @throws PolicyException.StagingTimeout when the engine does not get to it within the timeout
   */
  void stage(Policy policy) {
    if (policy.isBase() || find(policy.hash()).isPresent()) {
      return;
    }
    load(policy);
    try {
      trialRun(policy);
    } catch (PolicyException unusable) {
      var _ = engine.release(policy);
      throw unusable;
    }
    markReady(policy);
  }

  /** Stages a version, tries it and releases it again; does nothing if it is ready. */
  void validate(Policy policy) {
    if (find(policy.hash()).isPresent()) {
      return;
    }
    load(policy);
    try {
      trialRun(policy);
    } finally {
      var _ = engine.release(policy);
    }
  }

  /** Stages a version again that was released before a request for it reached the engine. */
  void restage(Policy policy) {
    load(policy);
    markReady(policy);
  }

  private void load(Policy policy) {
    CompletableFuture<Void> loaded = engine.stage(policy);
    try {
      loaded.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      Throwable cause = Objects.requireNonNullElse(failed.getCause(), failed);
      if (cause instanceof EngineClosedException closed) {
        throw closed;
      }
      throw new PolicyException.Refused(policy.version(), String.valueOf(cause.getMessage()));
    } catch (TimeoutException late) {
      var _ = engine.release(policy);
      throw new PolicyException.StagingTimeout(
          policy.version(), "the engine did not load it in time");
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new PolicyException.StagingTimeout(policy.version(), "interrupted");
    }
  }

  private void trialRun(Policy policy) {
    GenerationRequest request =
        new GenerationRequest(
            TRIAL_PROMPT,
            List.of(new CompletionSpec(policy, SamplingParameters.greedy())),
            TRIAL_TOKENS,
            Ending.NEVER,
            0,
            false,
            timeout);
    long start = System.nanoTime();
    Completion completion = submit(request, policy).getFirst();
    if (completion.reason() == FinishReason.LENGTH && completion.tokens().length == TRIAL_TOKENS) {
      return;
    }
    if (System.nanoTime() - start >= timeout.toNanos() || !engine.alive()) {
      throw new PolicyException.StagingTimeout(
          policy.version(), String.valueOf(completion.error()));
    }
    throw new PolicyException.Refused(
        policy.version(), "its trial run failed: " + completion.error());
  }

  private List<Completion> submit(GenerationRequest request, Policy policy) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      try {
        return engine.submit(request, GenerationListener.NO_OP).result().join();
      } catch (QueueFullException full) {
        if (System.nanoTime() > deadline) {
          throw new PolicyException.StagingTimeout(policy.version(), "the engine's queue is full");
        }
      }
      try {
        Thread.sleep(QUEUE_FULL_PAUSE);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new PolicyException.StagingTimeout(policy.version(), "interrupted");
      }
    }
  }

  private synchronized void markReady(Policy policy) {
    ready.put(policy.hash(), policy);
    evictUnneeded();
  }

  @Override
  public synchronized long heldBytes() {
    return ready.values().stream()
        .map(Policy::adapter)
        .filter(Objects::nonNull)
        .mapToLong(LoraAdapter::bytes)
        .sum();
  }

  /** Adds a version to those that are needed. */
  synchronized void need(Policy policy) {
    Set<String> hashes = new HashSet<>(needed);
    hashes.add(policy.hash());
    needed = Set.copyOf(hashes);
  }

  /** Declares the versions that are needed; of the others only the most recently used stay. */
  synchronized void retain(List<Policy> policies) {
    Set<String> hashes = new HashSet<>();
    policies.forEach(policy -> hashes.add(policy.hash()));
    needed = Set.copyOf(hashes);
    evictUnneeded();
  }

  @GuardedBy("this")
  private void evictUnneeded() {
    Set<String> wanted = needed;
    long unneeded = ready.keySet().stream().filter(hash -> !wanted.contains(hash)).count();
    while (unneeded > maxUnneeded && evictOldestUnneeded()) {
      unneeded--;
    }
  }

  @Override
  public synchronized boolean evictOldestUnneeded() {
    Iterator<Policy> oldestFirst = ready.values().iterator();
    while (oldestFirst.hasNext()) {
      Policy policy = oldestFirst.next();
      if (!needed.contains(policy.hash())) {
        oldestFirst.remove();
        var _ = engine.release(policy);
        return true;
      }
    }
    return false;
  }
}
