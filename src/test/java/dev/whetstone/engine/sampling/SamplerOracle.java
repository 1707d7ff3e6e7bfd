package dev.whetstone.engine.sampling;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The distribution that the sampling settings define, computed step by step over the whole
 * vocabulary.
 */
final class SamplerOracle {
  private record Token(int id, double probability) {}

  private SamplerOracle() {}

  /**
   * Probability of every id.
   *
   * @param prompt tokens for the repetition penalty
   * @param completion tokens for all penalties
   */
  static double[] distribution(
      float[] logits, SamplingParameters sampling, List<Integer> prompt, List<Integer> completion) {
    double[] x = adjusted(logits, sampling, prompt, completion);
    if (sampling.temperature() == 0) {
      double[] certain = new double[x.length];
      certain[first(x)] = 1;
      return certain;
    }
    List<Token> tokens = new ArrayList<>();
    double[] p = softmax(x, sampling.temperature());
    IntStream.range(0, x.length).forEach(id -> tokens.add(new Token(id, p[id])));
    tokens.sort(
        Comparator.comparingDouble(Token::probability).reversed().thenComparingInt(Token::id));
    List<Token> kept = tokens;
    if (sampling.topK() > 0) {
      kept = normalised(kept.subList(0, Math.min(sampling.topK(), kept.size())));
    }
    if (sampling.topP() < 1) {
      kept = normalised(nucleus(kept, sampling.topP()));
    }
    double minProbability = sampling.minP() * kept.getFirst().probability();
    kept =
        normalised(kept.stream().filter(token -> token.probability() >= minProbability).toList());
    double[] distribution = new double[x.length];
    kept.forEach(token -> distribution[token.id()] = token.probability());
    return distribution;
  }

  private static double[] adjusted(
      float[] logits, SamplingParameters sampling, List<Integer> prompt, List<Integer> completion) {
    double[] x = new double[logits.length];
    for (int id = 0; id < x.length; id++) {
      x[id] = logits[id] + sampling.logitBias().getOrDefault(id, 0.0);
      if (prompt.contains(id) || completion.contains(id)) {
        double penalty = sampling.repetitionPenalty();
        x[id] = x[id] > 0 ? x[id] / penalty : x[id] * penalty;
      }
      int token = id;
      long count = completion.stream().filter(seen -> seen == token).count();
      x[id] -= count * sampling.frequencyPenalty() + (count > 0 ? sampling.presencePenalty() : 0);
    }
    return x;
  }

  private static int first(double[] x) {
    return IntStream.range(0, x.length).reduce((a, b) -> x[b] > x[a] ? b : a).orElseThrow();
  }

  private static double[] softmax(double[] x, double temperature) {
    double largest = x[first(x)];
    double[] p = new double[x.length];
    double total = 0;
    for (int id = 0; id < x.length; id++) {
      p[id] = Math.exp((x[id] - largest) / temperature);
      total += p[id];
    }
    for (int id = 0; id < x.length; id++) {
      p[id] /= total;
    }
    return p;
  }

  private static List<Token> nucleus(List<Token> sorted, double p) {
    double sum = 0;
    int count = 0;
    while (count < sorted.size() && sum < p) {
      sum += sorted.get(count++).probability();
    }
    return sorted.subList(0, count);
  }

  private static List<Token> normalised(List<Token> tokens) {
    double total = tokens.stream().mapToDouble(Token::probability).sum();
    return tokens.stream().map(t -> new Token(t.id(), t.probability() / total)).toList();
  }
}
