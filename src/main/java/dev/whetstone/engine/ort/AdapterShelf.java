package dev.whetstone.engine.ort;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.whetstone.policy.Adapter;
import dev.whetstone.policy.Policy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The staged versions and the stacks made of them. Stacks of several versions are few: the least
 * recently used one goes.
 */
final class AdapterShelf implements AutoCloseable {
  private static final int MIXED_STACKS = 2;

  private final OrtEnvironment environment;
  private final GraphShape shape;
  private final Map<String, Policy> staged = new LinkedHashMap<>();
  private final Map<List<String>, AdapterStack> stacks = new LinkedHashMap<>(16, 0.75f, true);

  AdapterShelf(OrtEnvironment environment, GraphShape shape) throws OrtException {
    this.environment = environment;
    this.shape = shape;
    stacks.put(List.of(), new AdapterStack(environment, shape, List.of()));
  }

  void stage(Policy policy) throws OrtException {
    Adapter adapter = policy.adapter();
    if (adapter == null || staged.containsKey(policy.hash())) {
      return;
    }
    AdapterCheck.check(adapter, shape);
    stacks.put(List.of(policy.hash()), new AdapterStack(environment, shape, List.of(policy)));
    staged.put(policy.hash(), policy);
  }

  void release(Policy policy) {
    staged.remove(policy.hash());
    drop(stack -> stack.holds(policy.hash()));
  }

  /** The stack for a run's versions; which rows they write does not matter. */
  AdapterStack stack(List<Policy> policies) throws OrtException {
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
    AdapterStack known = stacks.get(key);
    return known == null ? mix(key) : known;
  }

  private AdapterStack mix(List<String> key) throws OrtException {
    long mixed = stacks.keySet().stream().filter(k -> k.size() > 1).count();
    if (mixed >= MIXED_STACKS) {
      List<String> oldest =
          stacks.keySet().stream().filter(k -> k.size() > 1).findFirst().orElseThrow();
      AdapterStack evicted = stacks.remove(oldest);
      if (evicted != null) {
        evicted.close();
      }
    }
    List<Policy> members = new ArrayList<>();
    for (String hash : key) {
      Policy member = staged.get(hash);
      if (member != null) {
        members.add(member);
      }
    }
    AdapterStack stack = new AdapterStack(environment, shape, members);
    stacks.put(key, stack);
    return stack;
  }

  private void drop(Predicate<AdapterStack> condition) {
    Iterator<AdapterStack> all = stacks.values().iterator();
    while (all.hasNext()) {
      AdapterStack stack = all.next();
      if (condition.test(stack)) {
        all.remove();
        stack.close();
      }
    }
  }

  @Override
  public void close() {
    drop(stack -> true);
    staged.clear();
  }
}
