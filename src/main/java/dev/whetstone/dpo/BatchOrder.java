package dev.whetstone.dpo;

import dev.whetstone.dpo.config.BatchConfig;
import dev.whetstone.dpo.data.Example;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The examples that each step trains on: a function of the step alone, so that a resumed run needs
 * no further state. Pairs and ratings are spread evenly, each kind in its order.
 */
final class BatchOrder {
  private final List<Example> examples;
  private final BatchConfig config;

  /** The pairs and the ratings of one step. */
  record Batch(List<TokenPair> pairs, List<RatedCompletion> ratings) {
    static Batch of(List<Example> examples) {
      List<TokenPair> pairs = new ArrayList<>();
      List<RatedCompletion> ratings = new ArrayList<>();
      for (Example example : examples) {
        switch (example) {
          case TokenPair pair -> pairs.add(pair);
          case RatedCompletion rating -> ratings.add(rating);
        }
      }
      return new Batch(pairs, ratings);
    }

    /** Tokens as TRL counts them. */
    long fullTokens() {
      return pairs.stream().mapToLong(Example::fullTokens).sum()
          + ratings.stream().mapToLong(Example::fullTokens).sum();
    }
  }

  BatchOrder(List<TokenPair> pairs, List<RatedCompletion> ratings, BatchConfig config) {
    this.examples = spread(pairs, ratings);
    this.config = config;
  }

  private static List<Example> spread(List<TokenPair> pairs, List<RatedCompletion> ratings) {
    List<Example> all = new ArrayList<>();
    int rated = 0;
    for (int i = 0; i < pairs.size(); i++) {
      all.add(pairs.get(i));
      long due = (i + 1L) * ratings.size() / pairs.size();
      while (rated < due) {
        all.add(ratings.get(rated++));
      }
    }
    all.addAll(ratings.subList(rated, ratings.size()));
    return List.copyOf(all);
  }

  /** Updates of a pass over all examples; the last one may have fewer of them. */
  int stepsPerEpoch() {
    return Math.ceilDiv(examples.size(), config.batchSize());
  }

  /** The batch of a step, counted from 0. */
  Batch batch(int step) {
    int[] order = order(step / stepsPerEpoch());
    int from = step % stepsPerEpoch() * config.batchSize();
    int to = Math.min(examples.size(), from + config.batchSize());
    return Batch.of(IntStream.range(from, to).mapToObj(i -> examples.get(order[i])).toList());
  }

  private int[] order(int epoch) {
    int[] order = IntStream.range(0, examples.size()).toArray();
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
