package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SampledToken;
import dev.whetstone.engine.sampling.TokenLogprob;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The sampled tokens of a completion with their log-probs; grows as it decodes. */
final class SampledTokens {
  private int[] tokens = new int[32];
  private float[] logps = new float[32];
  private final List<List<TokenLogprob>> alternatives = new ArrayList<>();
  private int size;

  void add(SampledToken sampled) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
      logps = Arrays.copyOf(logps, 2 * size);
    }
    tokens[size] = sampled.token();
    logps[size++] = sampled.logp();
    if (!sampled.alternatives().isEmpty()) {
      alternatives.add(sampled.alternatives());
    }
  }

  void clear() {
    size = 0;
    alternatives.clear();
  }

  int size() {
    return size;
  }

  int token(int index) {
    return tokens[index];
  }

  int[] tokens(int from) {
    return Arrays.copyOfRange(tokens, from, size);
  }

  float[] logps(int from) {
    return Arrays.copyOfRange(logps, from, size);
  }

  /** One list a token from {@code from} on; empty when the request asked for no alternatives. */
  List<List<TokenLogprob>> alternatives(int from) {
    return alternatives.isEmpty() ? List.of() : List.copyOf(alternatives.subList(from, size));
  }

  boolean sameTokens(SampledTokens other) {
    return Arrays.equals(tokens, 0, size, other.tokens, 0, other.size);
  }
}
