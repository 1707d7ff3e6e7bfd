package dev.whetstone.engine.sampling;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Samples the next token from a row of logits. Not thread-safe: it reuses its buffers.
 *
 * <p>Order of the settings: logit_bias is added (first, as in llama.cpp); the repetition penalty
 * (Keskar et al. 2019, section 4.1; over prompt and completion, as in Transformers); presence and
 * frequency penalties (over the completion, as OpenAI defines them); temperature; top_k; top_p over
 * what top_k kept; min_p against the most probable token (the order of Transformers' warpers).
 * Temperature 0 takes the largest logit after bias and penalties. Among equals the lowest id wins.
 * A grammar takes the tokens that it does not allow from all of this, after the penalties, and so
 * are end tokens while there are fewer tokens than min_tokens; the log-probs that are reported
 * remain the model's own.
 *
 * <p>Each token consumes one uniform number, which selects from the kept tokens in the order of
 * their ids (inverse transform sampling), so that a seed gives the same text whatever else the
 * engine runs.
 */
public final class Sampler {
  /**
   * Largest top_k that is applied. Selecting more costs more time than the model takes for the
   * token, of which every request in the batch waits, and the tokens that a larger one would remove
   * are hardly ever sampled.
   */
  public static final int MAX_TOP_K = 1024;

  private static final int BLOCK = 256;
  private static final double BOUND_SLACK = 1e-6;

  private final int vocabulary;
  private final float[] logits;
  private final SortableLogits sortable;
  private final double[] weights;
  private final double[] blockSums;
  private final int[] ids;
  private final VectorizedSoftmax softmax = new VectorizedSoftmax();
  private final TopK topK = new TopK();
  private final TopP topP = new TopP();
  private float max;
  private int keptCount;
  private boolean keptAll;

  public Sampler(int vocabulary) {
    this.vocabulary = vocabulary;
    logits = new float[vocabulary];
    weights = new double[vocabulary];
    sortable = new SortableLogits(vocabulary);
    blockSums = new double[vocabulary / BLOCK + 1];
    ids = new int[vocabulary];
  }

  /**
   * Samples a token from a row of logits and adds it to {@code state}.
   *
   * @param rows logits {@code [rows, vocabulary]}
   * @param alternatives how many of the most probable tokens to report
   * @throws BadLogitsException if the row contains NaN or positive infinity, or nothing finite
   */
  public SampledToken sample(FloatBuffer rows, int row, SamplerState state, int alternatives) {
    double normalizer = load(rows, row);
    List<TokenLogprob> top = mostProbable(alternatives, normalizer);
    int token = choose(state);
    state.add(token);
    float raw = rows.get(row * vocabulary + token);
    return new SampledToken(token, (float) (raw - normalizer), top);
  }

  /** Scores a given token under a row of logits; throws as {@link #sample} does. */
  public SampledToken score(FloatBuffer rows, int row, int token, int alternatives) {
    double normalizer = load(rows, row);
    float logp = (float) (rows.get(row * vocabulary + token) - normalizer);
    return new SampledToken(token, logp, mostProbable(alternatives, normalizer));
  }

  /** Copies a row into {@code logits} and returns its log-sum-exp. */
  private double load(FloatBuffer rows, int row) {
    rows.get(row * vocabulary, logits);
    readLogits();
    double sum = Float.isFinite(max) ? sum(1) : Double.NaN;
    if (Double.isNaN(sum)) {
      throw new BadLogitsException(
          "the model computed logits from %s to %s".formatted(sortable.min(), max));
    }
    return max + Math.log(sum);
  }

  private void readLogits() {
    sortable.read(logits);
    max = sortable.max();
  }

  /** Sum of the weights {@code exp((logit - max) * scale)} of all tokens. */
  private double sum(double scale) {
    return softmax.sum(logits, vocabulary, sortable.min(), max, scale);
  }

  private List<TokenLogprob> mostProbable(int count, double normalizer) {
    if (count == 0) {
      return List.of();
    }
    List<TokenLogprob> top = new ArrayList<>(count);
    for (int id : topK.select(logits, vocabulary, count)) {
      top.add(new TokenLogprob(id, (float) (logits[id] - normalizer)));
    }
    return List.copyOf(top);
  }

  private int choose(SamplerState state) {
    SamplingParameters sampling = state.sampling;
    long[] allowed = state.matcher == null ? null : state.matcher.mask();
    if (adjust(state, allowed)) {
      readLogits();
    }
    if (allowed != null && max == Float.NEGATIVE_INFINITY) {
      throw new BadLogitsException("the model has no token that the grammar allows here");
    }
    if (sampling.temperature() == 0) {
      return firstIdOf(max);
    }
    int fallback = allowed == null ? 0 : firstIdOf(max);
    int token = draw(state, sampling);
    // Rounding may lead beyond the last token that has a weight, but never out of the grammar.
    return allowed == null || isAllowed(allowed, token) ? token : fallback;
  }

  private int draw(SamplerState state, SamplingParameters sampling) {
    double scale = 1 / sampling.temperature();
    if (sampling.topK() > 0 && sampling.topK() < vocabulary && sampling.topK() <= MAX_TOP_K) {
      keepTop(sampling.topK(), scale);
      if (sampling.topP() < 1) {
        double total = total(keptCount);
        keepHeavierThan(minNucleusWeight(sampling.topP(), total, keptCount));
        keepNucleus(sampling.topP(), total);
      }
    } else if (sampling.topP() < 1) {
      double total = sum(scale);
      keepHeavierThan(minNucleusWeight(sampling.topP(), total, vocabulary), scale);
      keepNucleus(sampling.topP(), total);
    } else if (sampling.minP() > 0) {
      keepHeavierThan(sampling.minP(), scale);
    } else {
      keptCount = vocabulary;
      keptAll = true;
      VectorizedSoftmax.weigh(logits, 0, vocabulary, max, scale, weights);
    }
    // min_p (Nguyen et al. 2024, section 3) is relative to the largest weight, which is 1
    if (sampling.minP() > 0) {
      keepHeavierThan(sampling.minP());
    }
    return pick(state.random.nextDouble());
  }

  private boolean adjust(SamplerState state, long @Nullable [] allowed) {
    state.sampling.logitBias().forEach((id, bias) -> logits[id] += bias.floatValue());
    if (state.history != null) {
      state.history.penalize(logits, state.sampling);
    }
    if (allowed != null) {
      mask(allowed);
    }
    int[] held = state.heldTokens();
    for (int id : held) {
      logits[id] = Float.NEGATIVE_INFINITY;
    }
    return state.history != null
        || allowed != null
        || held.length > 0
        || !state.sampling.logitBias().isEmpty();
  }

  /** Leaves only the tokens of a mask a chance. */
  private void mask(long[] allowed) {
    for (int id = 0; id < vocabulary; id++) {
      if (!isAllowed(allowed, id)) {
        logits[id] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  private static boolean isAllowed(long[] allowed, int id) {
    return id >> 6 < allowed.length && (allowed[id >> 6] & 1L << id) != 0;
  }

  private int firstIdOf(float value) {
    int id = 0;
    while (logits[id] != value) {
      id++;
    }
    return id;
  }

  /** Keeps the k largest tokens, in the order of their ids. */
  private void keepTop(int k, double scale) {
    int[] top = topK.select(logits, vocabulary, k);
    Arrays.sort(top);
    keepIds(top, top.length, scale);
  }

  /** Keeps the tokens whose weight is at least {@code minWeight}, in the order of their ids. */
  private void keepHeavierThan(double minWeight, double scale) {
    // The slack covers the rounding of this bound on the logits; the exact comparison follows on
    // the
    // weights.
    float bound = (float) (max + Math.log(minWeight) / scale - BOUND_SLACK * (1 + Math.abs(max)));
    keepIds(ids, sortable.idsAtLeast(bound, ids), scale);
    keepHeavierThan(minWeight);
  }

  private void keepIds(int[] from, int count, double scale) {
    keptCount = count;
    keptAll = false;
    for (int i = 0; i < count; i++) {
      ids[i] = from[i];
      logits[i] = logits[from[i]];
    }
    VectorizedSoftmax.weigh(logits, 0, count, max, scale, weights);
  }

  /**
   * The weight below which none of n tokens can belong to the nucleus: all tokens rarer than {@code
   * (1 - p) / n} have a probability of less than {@code 1 - p} together.
   */
  private static double minNucleusWeight(double p, double total, int n) {
    return total * (1 - p) / n * 0.999;
  }

  /**
   * Keeps the smallest set of tokens whose probability reaches p.
   *
   * @param total sum of the weights, including those of rare tokens that are no longer kept
   */
  private void keepNucleus(double p, double total) {
    long threshold = topP.threshold(weights, ids, keptCount, p * total);
    int next = 0;
    for (int i = 0; i < keptCount; i++) {
      if (TopP.key(weights[i], ids[i]) >= threshold) {
        ids[next] = ids[i];
        weights[next++] = weights[i];
      }
    }
    keptCount = next;
  }

  private void keepHeavierThan(double minWeight) {
    int next = 0;
    for (int i = 0; i < keptCount; i++) {
      if (weights[i] >= minWeight) {
        ids[next] = ids[i];
        weights[next++] = weights[i];
      }
    }
    keptCount = next;
  }

  /** Sum of the first n weights; also fills {@code blockSums} for {@link #pick}. */
  private double total(int n) {
    double total = 0;
    for (int start = 0, block = 0; start < n; start += BLOCK, block++) {
      blockSums[block] = sum(start, Math.min(n, start + BLOCK));
      total += blockSums[block];
    }
    return total;
  }

  // Four independent sums: each addition to a single sum would wait for the one before.
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
    double remaining = uniform * total(keptCount);
    int block = 0;
    while ((block + 1) * BLOCK < keptCount && remaining >= blockSums[block]) {
      remaining -= blockSums[block++];
    }
    int heaviest = block * BLOCK;
    for (int i = heaviest; i < Math.min(keptCount, (block + 1) * BLOCK); i++) {
      remaining -= weights[i];
      if (remaining < 0) {
        return keptAll ? i : ids[i];
      }
      heaviest = weights[i] > weights[heaviest] ? i : heaviest;
    }
    // Reached only through rounding.
    return keptAll ? heaviest : ids[heaviest];
  }
}
