package dev.whetstone.engine.runner;

import dev.whetstone.policy.Policy;
import java.util.List;

/** What one model run computes. */
public sealed interface Batch {
  /**
   * A chunk of one sequence's prompt (or of a text to score).
   *
   * @param slot KV slot that receives it
   * @param past tokens the slot holds already
   * @param tokens ids of the chunk, at positions past, past + 1, …
   * @param logitRows indices into {@code tokens} whose next-token logits are wanted, ascending; may
   *     be empty
   */
  record Prefill(int slot, int past, int[] tokens, Policy policy, int[] logitRows)
      implements Batch {}

  /**
   * One token for each of the first {@code tokens.length} slots: row i is slot i.
   *
   * @param tokens last sampled id of each slot
   * @param pasts tokens each slot holds already
   * @param policies version of each slot
   */
  record Decode(int[] tokens, int[] pasts, List<Policy> policies) implements Batch {}
}
