package dev.whetstone.engine;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Chooses the next token of a row of logits. Not thread-safe: it reuses its buffers.
 *
 * <p>Order of the settings: logit_bias is added (first, as in llama.cpp); the repetition penalty
 * (Keskar et al. 2019, section 4.1; over prompt and completion, as in Transformers); presence and
 * frequency penalties (over the completion, as OpenAI defines them); temperature; top_k; top_p over
 * what top_k kept; min_p against the most probable token (the order of Transformers' warpers).
 * Temperature 0 takes the largest logit after bias and penalties. Of equals the lowest id is first.
 *
 * <p>One uniform number is spent per token, and it runs through the kept tokens in the order of
 * their ids, so that a seed gives the same text whatever else the engine does.
 */
final class Sampler {
  private static final int BLOCK = 256;

  private final int vocabulary;
  private final float[] logits;
  private final double[] weights;
  private final double[] blocks;
  private final int[] ids;
  private final TopTokens topTokens = new TopTokens();
  private final Nucleus nucleus = new Nucleus();
  private int kept;

  Sampler(int vocabulary) {
    this.vocabulary = vocabulary;
    logits = new float[vocabulary];
    weights = new double[vocabulary];
    blocks = new double[vocabulary / BLOCK + 1];
    ids = new int[vocabulary];
  }

  /**
   * Draws from row {@code row} of {@code rows} and notes the token in {@code state}.
   *
   * @param alternatives how many of the most probable tokens to report
   * @throws BadLogitsException when the row holds NaN or nothing finite
   */
  Draw draw(FloatBuffer rows, int row, SamplerState state, int alternatives) {
    double normalizer = load(rows, row);
    List<TokenLogprob> top = mostProbable(alternatives, normalizer);
    int token = choose(state);
    state.add(token);
    float raw = rows.get(row * vocabulary + token);
    return new Draw(token, (float) (raw - normalizer), top);
  }

  /** Log-prob of a token in a row of logits. */
  float logp(FloatBuffer rows, int row, int token) {
    return (float) (rows.get(row * vocabulary + token) - load(rows, row));
  }

  /** Copies a row; returns the logarithm of the sum of its exponentials. */
  private double load(FloatBuffer rows, int row) {
    rows.get(row * vocabulary, logits);
    float max = max();
    if (!Float.isFinite(max)) {
      throw new BadLogitsException("the model computed logits whose largest is " + max);
    }
    Exponentials.weigh(logits, vocabulary, max, 1, weights);
    return max + Math.log(total(vocabulary));
  }

  /** NaN when any logit is. */
  private float max() {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < vocabulary; i++) {
      max = Math.max(max, logits[i]);
    }
    return max;
  }

  private List<TokenLogprob> mostProbable(int count, double normalizer) {
    if (count == 0) {
      return List.of();
    }
    List<TokenLogprob> top = new ArrayList<>(count);
    for (int id : topTokens.select(logits, vocabulary, count)) {
      top.add(new TokenLogprob(id, (float) (logits[id] - normalizer)));
    }
    return List.copyOf(top);
  }

  private int choose(SamplerState state) {
    Sampling sampling = state.sampling;
    boolean changed = adjust(state);
    if (sampling.temperature() == 0) {
      return first(max());
    }
    keep(sampling, changed);
    if (sampling.topP() < 1) {
      keepNucleus(sampling.topP());
    }
    if (sampling.minP() > 0) {
      keepHeavy(sampling.minP());
    }
    return pick(state.random.nextDouble());
  }

  private boolean adjust(SamplerState state) {
    state.sampling.logitBias().forEach((id, bias) -> logits[id] += bias.floatValue());
    if (state.history != null) {
      state.history.penalize(logits, state.sampling);
    }
    return state.history != null || !state.sampling.logitBias().isEmpty();
  }

  private int first(float value) {
    int id = 0;
    while (logits[id] != value) {
      id++;
    }
    return id;
  }

  /** Temperature and top_k: fills ids and weights of the tokens kept, in the order of the ids. */
  private void keep(Sampling sampling, boolean changed) {
    double scale = 1 / sampling.temperature();
    if (sampling.topK() > 0 && sampling.topK() < vocabulary) {
      int[] top = topTokens.select(logits, vocabulary, sampling.topK());
      float max = logits[top[0]];
      Arrays.sort(top);
      kept = top.length;
      for (int i = 0; i < kept; i++) {
        ids[i] = top[i];
        logits[i] = logits[top[i]];
      }
      Exponentials.weigh(logits, kept, max, scale, weights);
      return;
    }
    kept = vocabulary;
    for (int i = 0; i < kept; i++) {
      ids[i] = i;
    }
    if (changed || scale != 1) {
      Exponentials.weigh(logits, kept, max(), scale, weights);
    }
  }

  private void keepNucleus(double p) {
    double total = total(kept);
    // Tokens rarer than (1 - p) / n cannot belong to the set: together they weigh less than 1 - p.
    keepHeavierThan(total * (1 - p) / kept * 0.999);
    long threshold = nucleus.threshold(weights, ids, kept, p * total);
    int next = 0;
    for (int i = 0; i < kept; i++) {
      if (Nucleus.key(weights[i], ids[i]) >= threshold) {
        ids[next] = ids[i];
        weights[next++] = weights[i];
      }
    }
    kept = next;
  }

  /** min_p (Nguyen et al. 2024, section 3): the largest weight is 1. */
  private void keepHeavy(double minP) {
    keepHeavierThan(minP);
  }

  private void keepHeavierThan(double weight) {
    int next = 0;
    for (int i = 0; i < kept; i++) {
      if (weights[i] >= weight) {
        ids[next] = ids[i];
        weights[next++] = weights[i];
      }
    }
    kept = next;
  }

  /** Sum of the first n weights; leaves the sums of their blocks behind. */
  private double total(int n) {
    double total = 0;
    for (int start = 0, block = 0; start < n; start += BLOCK, block++) {
      blocks[block] = sum(start, Math.min(n, start + BLOCK));
      total += blocks[block];
    }
    return total;
  }

  // Four sums side by side: one would wait for itself.
  private double sum(int start, int end) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = start;
    for (; i + 3 < end; i += 4) {
      a += weights[i];
      b += weights[i + 1];
      c += weights[i + 2];
      d += weights[i + 3];
    }
    for (; i < end; i++) {
      a += weights[i];
    }
    return a + b + (c + d);
  }

  /** The token at which the running sum of the weights passes {@code uniform} of their total. */
  private int pick(double uniform) {
    double left = uniform * total(kept);
    int block = 0;
    while ((block + 1) * BLOCK < kept && left >= blocks[block]) {
      left -= blocks[block++];
    }
    int heaviest = block * BLOCK;
    for (int i = heaviest; i < Math.min(kept, (block + 1) * BLOCK); i++) {
      left -= weights[i];
      if (left < 0) {
        return ids[i];
      }
      heaviest = weights[i] > weights[heaviest] ? i : heaviest;
    }
    // Only rounding leads here.
    return ids[heaviest];
  }
}
