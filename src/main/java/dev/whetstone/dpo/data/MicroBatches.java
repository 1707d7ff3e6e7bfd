package dev.whetstone.dpo.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits pairs into micro-batches of neighbours within a token budget; a larger pair is one alone.
 */
public final class MicroBatches {
  private MicroBatches() {}

  /**
   * The micro-batches, in the order of the pairs.
   *
   * @param tokenBudget maximum tokens of a micro-batch, each prompt counted once
   */
  public static List<List<TokenPair>> split(List<TokenPair> pairs, int tokenBudget) {
    List<List<TokenPair>> batches = new ArrayList<>();
    List<TokenPair> open = new ArrayList<>();
    int tokens = 0;
    for (TokenPair pair : pairs) {
      if (!open.isEmpty() && tokens + pair.tokens() > tokenBudget) {
        batches.add(List.copyOf(open));
        open.clear();
        tokens = 0;
      }
      open.add(pair);
      tokens += pair.tokens();
    }
    if (!open.isEmpty()) {
      batches.add(List.copyOf(open));
    }
    return batches;
  }
}
