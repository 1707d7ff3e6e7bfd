package dev.whetstone.serving;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.EngineClosedException;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.QueueFullException;
import dev.whetstone.engine.sampling.SamplingParameters;
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
 * The versions that are ready in the engine: those the aliases need, and the few that requests
 * named last. A version is ready once the engine took it and it wrote some tokens with finite
 * logits.
 */
final class AdapterStaging {
  private static final int[] PROMPT = {0, 1, 2, 3};
  private static final int TOKENS = 4;
  private static final Duration FULL_QUEUE_PAUSE = Duration.ofMillis(20);
  private final Engine engine;
  private final int named;
  private final Duration timeout;
  private final Map<String, Policy> ready = new LinkedHashMap<>(16, 0.75f, true);
  private Set<String> needed = Set.of();

  /**
   * @param named how many versions stay that no alias needs
   * @param timeout of one staging
   */
  AdapterStaging(Engine engine, int named, Duration timeout) {
    this.engine = engine;
    this.named = named;
    this.timeout = timeout;
  }

  /** A version that is ready, by name or hash. */
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
   * Makes a version ready; one that is ready already costs nothing.
   *
   * @throws PolicyException.Refused when it does not fit the model or computes what is not finite
   * @throws PolicyException.NotInTime when the engine had no time for it
   */
  void stage(Policy policy) {
    if (policy.isBase() || find(policy.hash()).isPresent()) {
      return;
    }
    take(policy);
    try {
      tryOut(policy);
    } catch (PolicyException unusable) {
      var _ = engine.release(policy);
      throw unusable;
    }
    add(policy);
  }

  /** Stages a version, tries it and lets it go again, unless it was ready before. */
  void probe(Policy policy) {
    if (find(policy.hash()).isPresent()) {
      return;
    }
    take(policy);
    try {
      tryOut(policy);
    } finally {
      var _ = engine.release(policy);
    }
  }

  /** Stages again a version that was let go while a request of it was on its way. */
  void restage(Policy policy) {
    take(policy);
    add(policy);
  }

  private void take(Policy policy) {
    CompletableFuture<Void> taken = engine.stage(policy);
    try {
      taken.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      Throwable cause = Objects.requireNonNullElse(failed.getCause(), failed);
      if (cause instanceof EngineClosedException closed) {
        throw closed;
      }
      throw new PolicyException.Refused(policy.version(), String.valueOf(cause.getMessage()));
    } catch (TimeoutException late) {
      var _ = engine.release(policy);
      throw new PolicyException.NotInTime(policy.version(), "the engine did not take it in time");
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new PolicyException.NotInTime(policy.version(), "interrupted");
    }
  }

  private void tryOut(Policy policy) {
    GenerationRequest request =
        new GenerationRequest(
            PROMPT,
            List.of(new CompletionSpec(policy, SamplingParameters.greedy())),
            TOKENS,
            List.of(),
            true,
            0,
            false,
            timeout);
    long start = System.nanoTime();
    Completion written = submit(request, policy).getFirst();
    if (written.reason() == FinishReason.LENGTH && written.tokens().length == TOKENS) {
      return;
    }
    if (System.nanoTime() - start >= timeout.toNanos() || !engine.alive()) {
      throw new PolicyException.NotInTime(policy.version(), String.valueOf(written.error()));
    }
    throw new PolicyException.Refused(policy.version(), "its trial run failed: " + written.error());
  }

  private List<Completion> submit(GenerationRequest request, Policy policy) {
    long limit = System.nanoTime() + timeout.toNanos();
    while (true) {
      try {
        return engine.submit(request, GenerationListener.NOBODY).result().join();
      } catch (QueueFullException full) {
        if (System.nanoTime() > limit) {
          throw new PolicyException.NotInTime(policy.version(), "the engine's queue is full");
        }
      }
      try {
        Thread.sleep(FULL_QUEUE_PAUSE);
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
        throw new PolicyException.NotInTime(policy.version(), "interrupted");
      }
    }
  }

  private synchronized void add(Policy policy) {
    ready.put(policy.hash(), policy);
    letGo();
  }

  /** From now on these are needed; others go, but for the few named last. */
  synchronized void need(List<Policy> policies) {
    Set<String> hashes = new HashSet<>();
    policies.forEach(policy -> hashes.add(policy.hash()));
    needed = Set.copyOf(hashes);
    letGo();
  }

  private void letGo() {
    long spare = ready.keySet().stream().filter(hash -> !needed.contains(hash)).count();
    Iterator<Policy> oldestFirst = ready.values().iterator();
    while (spare > named && oldestFirst.hasNext()) {
      Policy policy = oldestFirst.next();
      if (!needed.contains(policy.hash())) {
        oldestFirst.remove();
        var _ = engine.release(policy);
        spare--;
      }
    }
  }
}
