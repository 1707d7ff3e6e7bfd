package dev.whetstone.engine.sampling;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/** The sampler's state of one sequence: its settings, its random generator and the tokens seen. */
public final class SamplerState {
  private static final RandomGeneratorFactory<RandomGenerator> GENERATORS =
      RandomGeneratorFactory.of("L64X128MixRandom");
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  final SamplingParameters sampling;
  final RandomGenerator random;
  final @Nullable TokenHistory history;

  public SamplerState(SamplingParameters sampling, int vocabulary, int[] prompt) {
    this.sampling = sampling;
    this.random = GENERATORS.create(sampling.seed());
    this.history = penalizes(sampling) ? new TokenHistory(vocabulary, prompt) : null;
  }

  private static boolean penalizes(SamplingParameters sampling) {
    return sampling.repetitionPenalty() != 1
        || sampling.presencePenalty() != 0
        || sampling.frequencyPenalty() != 0;
  }

  /** Seed of the n-th resampling, mixed over all 64 bits (the finaliser of splitmix64). */
  public static long resampleSeed(long seed, int n) {
    long z = seed + n * GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Whether resampling always gives the same token. */
  public boolean isDeterministic() {
    return sampling.temperature() == 0 || sampling.topK() == 1;
  }

  void add(int token) {
    if (history != null) {
      history.add(token);
    }
  }
}
