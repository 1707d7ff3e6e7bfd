package dev.whetstone.engine.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The staged versions and their stacks, the LoRA inputs of a run, by the hashes of the versions in
 * a stack. At most {@value #MIXED_STACKS} stacks of several versions are kept; the least recently
 * used one is evicted. Confined to the engine thread, except {@link #prepare}, which any thread may
 * call ({@code prepared} and {@code closed} are guarded by {@code prepared}).
 */
final class LoraCache implements AutoCloseable {
  private static final int MIXED_STACKS = 3;

  private final OrtEnvironment environment;
  private final GraphShape shape;
  private final Map<String, Policy> staged = new LinkedHashMap<>();
  private final Map<List<String>, StackedLora> stacks = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<List<String>, StackedLora> prepared = new LinkedHashMap<>();
  private List<String> runningKey = List.of();
  private volatile List<Policy> runningPolicies = List.of();

  @GuardedBy("prepared")
  private boolean closed;

  LoraCache(OrtEnvironment environment, GraphShape shape) throws OrtException {
    this.environment = environment;
    this.shape = shape;
    stacks.put(List.of(), new StackedLora(environment, shape, List.of()));
  }

  /**
   * Builds the stacks of a version that will be staged, alone and with the version that runs now:
   * after a swap, sequences of both are in one run, and copying megabytes would delay a step. Any
   * thread.
   */
  void prepare(Policy policy) throws OrtException {
    LoraAdapter adapter = policy.adapter();
    if (adapter == null) {
      return;
    }
    AdapterValidator.check(adapter, shape);
    prepare(List.of(policy));
    List<Policy> both = new ArrayList<>(runningPolicies);
    both.add(policy);
    if (both.size() > 1) {
      prepare(both);
    }
  }

  private void prepare(List<Policy> members) throws OrtException {
    List<String> key = members.stream().map(Policy::hash).toList();
    StackedLora stack = new StackedLora(environment, shape, members);
    synchronized (prepared) {
      StackedLora replaced = closed ? stack : prepared.put(key, stack);
      if (replaced != null) {
        replaced.close();
      }
    }
  }

  void stage(Policy policy) throws OrtException {
    LoraAdapter adapter = policy.adapter();
    if (adapter == null || staged.containsKey(policy.hash())) {
      return;
    }
    AdapterValidator.check(adapter, shape);
    List<String> alone = List.of(policy.hash());
    takePrepared(policy.hash());
    if (!stacks.containsKey(alone)) {
      stacks.put(alone, new StackedLora(environment, shape, List.of(policy)));
    }
    staged.put(policy.hash(), policy);
  }

  /**
   * Moves the stacks prepared for a version to the stacks in use, if all their other versions are
   * still staged, and closes the rest. The prepared version is the last of each key.
   */
  private void takePrepared(String hash) {
    synchronized (prepared) {
      Iterator<Map.Entry<List<String>, StackedLora>> all = prepared.entrySet().iterator();
      while (all.hasNext()) {
        Map.Entry<List<String>, StackedLora> next = all.next();
        List<String> key = next.getKey();
        if (!key.contains(hash)) {
          continue;
        }
        all.remove();
        boolean usable =
            key.getLast().equals(hash)
                && staged.keySet().containsAll(key.subList(0, key.size() - 1));
        if (usable) {
          put(key, next.getValue());
        } else {
          next.getValue().close();
        }
      }
    }
  }

  void release(Policy policy) {
    staged.remove(policy.hash());
    removeIf(stack -> stack.contains(policy.hash()));
    takePrepared(policy.hash());
    runningPolicies =
        runningPolicies.stream().filter(other -> !other.hash().equals(policy.hash())).toList();
  }

  /** The stack for the versions of a run, in any order and number. */
  StackedLora stack(List<Policy> policies) throws OrtException {
    Set<String> hashes = new LinkedHashSet<>();
    for (Policy policy : policies) {
      if (!policy.isBase()) {
        hashes.add(policy.hash());
      }
    }
    List<String> key = staged.keySet().stream().filter(hashes::contains).toList();
    if (key.size() < hashes.size()) {
      hashes.removeAll(staged.keySet());
      throw new IllegalStateException("versions in a run are not staged: " + hashes);
    }
    if (key.size() == 1 && !key.equals(runningKey)) {
      runningKey = key;
      runningPolicies = members(key);
    }
    StackedLora known = stacks.get(key);
    return known == null ? createMixed(key) : known;
  }

  private StackedLora createMixed(List<String> key) throws OrtException {
    StackedLora stack = new StackedLora(environment, shape, members(key));
    put(key, stack);
    return stack;
  }

  private List<Policy> members(List<String> key) {
    return staged.values().stream().filter(policy -> key.contains(policy.hash())).toList();
  }

  private void put(List<String> key, StackedLora stack) {
    if (key.size() > 1
        && stacks.keySet().stream().filter(k -> k.size() > 1).count() >= MIXED_STACKS) {
      List<String> oldest =
          stacks.keySet().stream().filter(k -> k.size() > 1).findFirst().orElseThrow();
      close(stacks.remove(oldest));
    }
    close(stacks.put(key, stack));
  }

  private static void close(@Nullable StackedLora stack) {
    if (stack != null) {
      stack.close();
    }
  }

  private void removeIf(Predicate<StackedLora> condition) {
    Iterator<StackedLora> all = stacks.values().iterator();
    while (all.hasNext()) {
      StackedLora stack = all.next();
      if (condition.test(stack)) {
        all.remove();
        stack.close();
      }
    }
  }

  @Override
  public void close() {
    synchronized (prepared) {
      closed = true;
      prepared.values().forEach(StackedLora::close);
      prepared.clear();
    }
    removeIf(stack -> true);
    staged.clear();
  }
}
