package dev.whetstone.engine.ort;

import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where the ranks of several versions stand among the ranks of a run.
 *
 * <p>The runtime sums a product over its ranks in blocks of {@value #BLOCK} and computes it in
 * groups of four. So that a version's products are rounded alike whatever versions stand beside it,
 * its ranks are padded to a power of two and begin at a multiple of that: they never lie across a
 * border that another mix would draw elsewhere. Foreign and padded ranks add exact zeroes.
 *
 * @param total ranks of a module, padding included
 */
record RankLayout(List<Member> members, int total) {
  private static final int LEAST = 8;
  private static final int BLOCK = 128;

  /**
   * A version with an adapter.
   *
   * @param first its first rank
   */
  record Member(Policy policy, LoraAdapter adapter, int first) {}

  /** Lays out the versions that have an adapter; the widest come first. */
  static RankLayout of(List<Policy> policies) {
    List<Member> members = new ArrayList<>();
    int total = 0;
    int widest = 0;
    for (Policy policy :
        policies.stream().sorted(Comparator.comparing(RankLayout::padded).reversed()).toList()) {
      LoraAdapter adapter = policy.adapter();
      if (adapter != null) {
        members.add(new Member(policy, adapter, total));
        total += padded(policy);
        widest = Math.max(widest, padded(policy));
      }
    }
    // the ranks of the next module follow, so the total must keep the alignment too
    int alignment = Math.clamp(widest, 1, BLOCK);
    return new RankLayout(List.copyOf(members), (total + alignment - 1) / alignment * alignment);
  }

  /**
   * The same with some ranks at least, all of them padding: as constants of an exported graph,
   * factors without elements would lead the runtime's optimiser to leave nodes out.
   */
  RankLayout notEmpty() {
    return total == 0 ? new RankLayout(members, LEAST) : this;
  }

  private static int padded(Policy policy) {
    LoraAdapter adapter = policy.adapter();
    return adapter == null ? 0 : Math.max(LEAST, powerOfTwo(adapter.rank()));
  }

  /** The smallest power of two that is at least {@code n}; beyond a block, whole blocks do. */
  private static int powerOfTwo(int n) {
    return n > BLOCK ? (n + BLOCK - 1) / BLOCK * BLOCK : Integer.highestOneBit(2 * n - 1);
  }
}
