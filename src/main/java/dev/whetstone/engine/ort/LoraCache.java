package dev.whetstone.engine.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
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
 * The staged versions and the stacks made of them. Stacks of several versions are few: the least
 * recently used one goes. The engine thread's, but for {@link #prepare}.
 */
final class LoraCache implements AutoCloseable {
  private static final int MIXED_STACKS = 3;

  private final OrtEnvironment environment;
  private final GraphShape shape;
  private final Map<String, Policy> staged = new LinkedHashMap<>();
  private final Map<List<String>, StackedLora> stacks = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<List<String>, StackedLora> prepared = new LinkedHashMap<>();
  private List<String> running = List.of();
  private volatile List<Policy> beside = List.of();
  private boolean closed;

  LoraCache(OrtEnvironment environment, GraphShape shape) throws OrtException {
    this.environment = environment;
    this.shape = shape;
    stacks.put(List.of(), new StackedLora(environment, shape, List.of()));
  }

  /**
   * Stacks a version that will be staged, alone and with what runs now: after a swap, sequences of
   * both are in one run, and no step has time to copy megabytes. Any thread.
   */
  void prepare(Policy policy) throws OrtException {
    LoraAdapter adapter = policy.adapter();
    if (adapter == null) {
      return;
    }
    AdapterValidator.check(adapter, shape);
    prepare(List.of(policy));
    List<Policy> both = new ArrayList<>(beside);
    both.add(policy);
    if (both.size() > 1) {
      prepare(both);
    }
  }

  private void prepare(List<Policy> members) throws OrtException {
    List<String> key = members.stream().map(Policy::hash).toList();
    StackedLora stack = new StackedLora(environment, shape, members);
    synchronized (prepared) {
      StackedLora before = closed ? stack : prepared.put(key, stack);
      if (before != null) {
        before.close();
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

  /** Puts what was prepared for a version among the stacks; it is the last of each. */
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
          keep(key, next.getValue());
        } else {
          next.getValue().close();
        }
      }
    }
  }

  void release(Policy policy) {
    staged.remove(policy.hash());
    drop(stack -> stack.holds(policy.hash()));
    takePrepared(policy.hash());
    beside = beside.stream().filter(other -> !other.hash().equals(policy.hash())).toList();
  }

  /** The stack for a run's versions; which rows they write does not matter. */
  StackedLora stack(List<Policy> policies) throws OrtException {
    Set<String> live = new LinkedHashSet<>();
    for (Policy policy : policies) {
      if (!policy.isBase()) {
        live.add(policy.hash());
      }
    }
    List<String> key = staged.keySet().stream().filter(live::contains).toList();
    if (key.size() < live.size()) {
      live.removeAll(staged.keySet());
      throw new IllegalStateException("not staged: " + live);
    }
    if (key.size() == 1 && !key.equals(running)) {
      running = key;
      beside = members(key);
    }
    StackedLora known = stacks.get(key);
    return known == null ? mix(key) : known;
  }

  private StackedLora mix(List<String> key) throws OrtException {
    StackedLora stack = new StackedLora(environment, shape, members(key));
    keep(key, stack);
    return stack;
  }

  private List<Policy> members(List<String> key) {
    return staged.values().stream().filter(policy -> key.contains(policy.hash())).toList();
  }

  private void keep(List<String> key, StackedLora stack) {
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

  private void drop(Predicate<StackedLora> condition) {
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
    drop(stack -> true);
    staged.clear();
  }
}
