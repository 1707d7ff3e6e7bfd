package dev.whetstone.engine.ort;

import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The positions of several versions' ranks among the ranks of a run.
 *
 * <p>The runtime sums a product over its ranks in blocks of {@value #BLOCK} and computes it in
 * groups of four. So that a version's products are rounded alike whatever other versions are in the
 * run, its ranks are padded to a power of two and begin at a multiple of that: no block or group
 * boundary falls between them that another mix would place elsewhere. Ranks of other versions and
 * padding add exact zeroes.
 *
 * @param total ranks of a module, including padding: at most {@value #MIN_RANKS}, or a multiple of
 *     {@value #GROUP}
 */
record RankLayout(List<Member> members, int total) {
  private static final int MIN_RANKS = 8;
  private static final int GROUP = 16;
  private static final int BLOCK = 128;

  /**
   * A version with an adapter.
   *
   * @param firstRank index of its first rank
   */
  record Member(Policy policy, LoraAdapter adapter, int firstRank) {}

  /** Lays out the versions that have an adapter, by descending padded rank. */
  static RankLayout of(List<Policy> policies) {
    List<Member> members = new ArrayList<>();
    int total = 0;
    int maxRanks = 0;
    for (Policy policy :
        policies.stream()
            .sorted(Comparator.comparing(RankLayout::paddedRank).reversed())
            .toList()) {
      LoraAdapter adapter = policy.adapter();
      if (adapter != null) {
        members.add(new Member(policy, adapter, total));
        total += paddedRank(policy);
        maxRanks = Math.max(maxRanks, paddedRank(policy));
      }
    }
    // The ranks of the next module follow, so the total must be aligned too; and products of
    // prompts are cut into groups of ranks.
    int alignment = Math.clamp(maxRanks, total > MIN_RANKS ? GROUP : 1, BLOCK);
    return new RankLayout(List.copyOf(members), (total + alignment - 1) / alignment * alignment);
  }

  /**
   * This layout or, if it has no ranks, one of padding only: as constants of an exported graph,
   * factors without elements would make the runtime's optimiser remove nodes.
   */
  RankLayout orPadding() {
    return total == 0 ? new RankLayout(members, MIN_RANKS) : this;
  }

  private static int paddedRank(Policy policy) {
    LoraAdapter adapter = policy.adapter();
    return adapter == null ? 0 : Math.max(MIN_RANKS, roundUp(adapter.rank()));
  }

  /** The smallest power of two that is at least {@code n}; above a block, a multiple of a block. */
  private static int roundUp(int n) {
    return n > BLOCK ? (n + BLOCK - 1) / BLOCK * BLOCK : Integer.highestOneBit(2 * n - 1);
  }
}
