package dev.whetstone.engine.runner;

import dev.whetstone.policy.Policy;
import java.util.List;

/** What one model run computes. */
public sealed interface Batch {
  /**
   * A chunk of one prompt (or of a text to score).
   *
   * @param slot KV slot that receives the chunk
   * @param computedTokens tokens whose KV the slot already holds: the position of the chunk's first
   *     token
   * @param tokens ids of the chunk
   * @param logitRows indices into {@code tokens} whose next-token logits are needed, ascending; may
   *     be empty
   */
  record Prefill(int slot, int computedTokens, int[] tokens, Policy policy, int[] logitRows)
      implements Batch {}

  /**
   * One token for each of the first {@code tokens.length} slots: row i belongs to slot i.
   *
   * @param tokens last sampled id of each slot
   * @param computedTokens tokens whose KV each slot already holds
   * @param policies version of each slot
   */
  record Decode(int[] tokens, int[] computedTokens, List<Policy> policies) implements Batch {}
}
