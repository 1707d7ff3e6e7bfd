package dev.whetstone.dpo.data;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits examples into micro-batches of neighbours within a token budget; a larger one is one
 * alone.
 */
public final class MicroBatches {
  private MicroBatches() {}

  /**
   * The micro-batches, in the order of the examples.
   *
   * @param tokenBudget maximum tokens of a micro-batch, each prompt counted once
   */
  public static <E extends Example> List<List<E>> split(List<E> examples, int tokenBudget) {
    List<List<E>> batches = new ArrayList<>();
    List<E> open = new ArrayList<>();
    int tokens = 0;
    for (E example : examples) {
      if (!open.isEmpty() && tokens + example.tokens() > tokenBudget) {
        batches.add(List.copyOf(open));
        open.clear();
        tokens = 0;
      }
      open.add(example);
      tokens += example.tokens();
    }
    if (!open.isEmpty()) {
      batches.add(List.copyOf(open));
    }
    return batches;
  }
}
