package dev.whetstone.engine.sampling;

import dev.whetstone.grammar.GrammarMatcher;
import dev.whetstone.grammar.TokenGrammar;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The sampler's state of one sequence: its settings, its random generator, the tokens seen and, if
 * it keeps to a grammar, its place in that.
 */
public final class SamplerState {
  /**
   * Tokens that are not sampled at first.
   *
   * @param tokens their ids
   * @param until the number of tokens that are sampled without them
   */
  public record Held(int[] tokens, int until) {
    static final Held NONE = new Held(new int[0], 0);
  }

  private static final RandomGeneratorFactory<RandomGenerator> GENERATORS =
      RandomGeneratorFactory.of("L64X128MixRandom");
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  final SamplingParameters sampling;
  final RandomGenerator random;
  final @Nullable TokenHistory history;
  final @Nullable GrammarMatcher matcher;
  private final Held held;
  private int sampled;

  /** The state of a completion that may be any text. */
  public SamplerState(SamplingParameters sampling, int vocabulary, int[] prompt) {
    this(sampling, vocabulary, prompt, null, Held.NONE);
  }

  /**
   * The state of a completion before its first token.
   *
   * @param grammar what the completion must be; null for any text
   * @param held tokens that are not sampled at first
   */
  public SamplerState(
      SamplingParameters sampling,
      int vocabulary,
      int[] prompt,
      @Nullable TokenGrammar grammar,
      Held held) {
    this.held = held;
    this.sampling = sampling;
    this.random = GENERATORS.create(sampling.seed());
    this.history = penalizes(sampling) ? new TokenHistory(vocabulary, prompt) : null;
    this.matcher = grammar == null ? null : grammar.start();
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

  /** Tokens that the next one is not: those held, as long as they are. */
  int[] heldTokens() {
    return sampled < held.until() ? held.tokens() : Held.NONE.tokens();
  }

  void add(int token) {
    sampled++;
    if (history != null) {
      history.add(token);
    }
    if (matcher != null) {
      matcher.accept(token);
    }
  }
}
