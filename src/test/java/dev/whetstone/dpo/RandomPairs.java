package dev.whetstone.dpo;

import dev.whetstone.dpo.loss.PairLogps;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Draws pairs whose log-probs are those of a policy near its reference. */
public final class RandomPairs {
  private final RandomGenerator random;

  public RandomPairs(RandomGenerator random) {
    this.random = random;
  }

  public List<PairLogps> draw(int count) {
    List<PairLogps> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pairs.add(new PairLogps("pair " + i, completion(), completion(), 1));
    }
    return pairs;
  }

  private PairLogps.Completion completion() {
    int length = random.nextInt(1, 7);
    double[] policy = new double[length];
    double[] reference = new double[length];
    double[] logSumSquares = new double[length];
    for (int t = 0; t < length; t++) {
      reference[t] = random.nextDouble(-4, -0.1);
      policy[t] = reference[t] + random.nextDouble(-0.5, 0.5);
      logSumSquares[t] = random.nextDouble(-2, 0);
    }
    return new PairLogps.Completion(policy, reference, logSumSquares);
  }
}
