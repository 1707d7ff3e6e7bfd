package dev.whetstone.dpo;

import dev.whetstone.dpo.config.BatchConfig;
import dev.whetstone.dpo.data.TokenPair;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The pairs that each step trains on: a function of the step alone, so that a resumed run needs no
 * further state.
 */
final class BatchOrder {
  private final List<TokenPair> pairs;
  private final BatchConfig config;

  BatchOrder(List<TokenPair> pairs, BatchConfig config) {
    this.pairs = pairs;
    this.config = config;
  }

  /** Updates of a pass over all pairs; the last one may have fewer pairs. */
  int stepsPerEpoch() {
    return Math.ceilDiv(pairs.size(), config.batchSize());
  }

  /** The batch of a step, counted from 0. */
  List<TokenPair> batch(int step) {
    int[] order = order(step / stepsPerEpoch());
    int from = step % stepsPerEpoch() * config.batchSize();
    int to = Math.min(pairs.size(), from + config.batchSize());
    return IntStream.range(from, to).mapToObj(i -> pairs.get(order[i])).toList();
  }

  private int[] order(int epoch) {
    int[] order = IntStream.range(0, pairs.size()).toArray();
    if (config.shuffle()) {
      SplittableRandom random = new SplittableRandom(config.seed() + epoch);
      for (int i = order.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
    }
    return order;
  }
}
