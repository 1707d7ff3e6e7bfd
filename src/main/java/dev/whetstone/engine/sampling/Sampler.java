package dev.whetstone.engine.sampling;

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
public final class Sampler {
  private static final int BLOCK = 256;
  private static final double BORDER_SLACK = 1e-6;

  private final int vocabulary;
  private final float[] logits;
  private final SortableLogits order;
  private final double[] weights;
  private final double[] blocks;
  private final int[] ids;
  private final VectorizedSoftmax exponentials = new VectorizedSoftmax();
  private final TopK topTokens = new TopK();
  private final TopP nucleus = new TopP();
  private float max;
  private int kept;
  private boolean all;

  public Sampler(int vocabulary) {
    this.vocabulary = vocabulary;
    logits = new float[vocabulary];
    weights = new double[vocabulary];
    order = new SortableLogits(vocabulary);
    blocks = new double[vocabulary / BLOCK + 1];
    ids = new int[vocabulary];
  }

  /**
   * Draws from row {@code row} of {@code rows} and notes the token in {@code state}.
   *
   * @param alternatives how many of the most probable tokens to report
   * @throws BadLogitsException when the row holds NaN or nothing finite
   */
  public SampledToken draw(FloatBuffer rows, int row, SamplerState state, int alternatives) {
    double normalizer = load(rows, row);
    List<TokenLogprob> top = mostProbable(alternatives, normalizer);
    int token = choose(state);
    state.add(token);
    float raw = rows.get(row * vocabulary + token);
    return new SampledToken(token, (float) (raw - normalizer), top);
  }

  /** Log-prob of a token in a row of logits. */
  public float logp(FloatBuffer rows, int row, int token) {
    return (float) (rows.get(row * vocabulary + token) - load(rows, row));
  }

  /** Copies a row; returns the logarithm of the sum of its exponentials. */
  private double load(FloatBuffer rows, int row) {
    rows.get(row * vocabulary, logits);
    order();
    double sum = Float.isFinite(max) ? sum(1) : Double.NaN;
    if (Double.isNaN(sum)) {
      throw new BadLogitsException(
          "the model computed logits from %s to %s".formatted(order.smallest(), max));
    }
    return max + Math.log(sum);
  }

  private void order() {
    order.read(logits);
    max = order.largest();
  }

  /** Sum of the weights of all tokens. */
  private double sum(double scale) {
    return exponentials.sum(logits, vocabulary, order.smallest(), max, scale);
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
    SamplingParameters sampling = state.sampling;
    if (adjust(state)) {
      order();
    }
    if (sampling.temperature() == 0) {
      return first(max);
    }
    double scale = 1 / sampling.temperature();
    if (sampling.topK() > 0 && sampling.topK() < vocabulary) {
      keepTop(sampling.topK(), scale);
      if (sampling.topP() < 1) {
        double total = total(kept);
        keepHeavierThan(rarest(sampling.topP(), total, kept));
        keepNucleus(sampling.topP(), total);
      }
    } else if (sampling.topP() < 1) {
      double total = sum(scale);
      keepHeavierThan(rarest(sampling.topP(), total, vocabulary), scale);
      keepNucleus(sampling.topP(), total);
    } else if (sampling.minP() > 0) {
      keepHeavierThan(sampling.minP(), scale);
    } else {
      kept = vocabulary;
      all = true;
      VectorizedSoftmax.weigh(logits, 0, vocabulary, max, scale, weights);
    }
    // min_p (Nguyen et al. 2024, section 3): the largest weight is 1
    if (sampling.minP() > 0) {
      keepHeavierThan(sampling.minP());
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

  /** Fills ids and weights of the k largest, in the order of the ids. */
  private void keepTop(int k, double scale) {
    int[] top = topTokens.select(logits, vocabulary, k);
    Arrays.sort(top);
    take(top, top.length, scale);
  }

  /** Fills ids and weights of the tokens that may weigh {@code least}, in the order of the ids. */
  private void keepHeavierThan(double least, double scale) {
    // the slack covers the rounding of this border; the exact one is drawn on the weights
    float border = (float) (max + Math.log(least) / scale - BORDER_SLACK * (1 + Math.abs(max)));
    take(ids, order.reaching(border, ids), scale);
    keepHeavierThan(least);
  }

  private void take(int[] from, int count, double scale) {
    kept = count;
    all = false;
    for (int i = 0; i < count; i++) {
      ids[i] = from[i];
      logits[i] = logits[from[i]];
    }
    VectorizedSoftmax.weigh(logits, 0, count, max, scale, weights);
  }

  /**
   * The weight below which a token cannot belong to the nucleus of n: tokens rarer than {@code (1 -
   * p) / n} weigh less than {@code 1 - p} together.
   */
  private static double rarest(double p, double total, int n) {
    return total * (1 - p) / n * 0.999;
  }

  /**
   * @param total of the weights before rare ones were left out
   */
  private void keepNucleus(double p, double total) {
    long threshold = nucleus.threshold(weights, ids, kept, p * total);
    int next = 0;
    for (int i = 0; i < kept; i++) {
      if (TopP.key(weights[i], ids[i]) >= threshold) {
        ids[next] = ids[i];
        weights[next++] = weights[i];
      }
    }
    kept = next;
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
        return all ? i : ids[i];
      }
      heaviest = weights[i] > weights[heaviest] ? i : heaviest;
    }
    // Only rounding leads here.
    return all ? heaviest : ids[heaviest];
  }
}
