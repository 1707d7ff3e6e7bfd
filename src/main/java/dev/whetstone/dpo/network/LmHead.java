package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.LibtorchBindings;
import dev.whetstone.dpo.torch.TorchOps;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The output projection and the log-probs of given tokens, a slice of the vocabulary at a time: the
 * logits of all rows never exist at once, and a slice's weights are read for all rows together. A
 * log-prob's gradient with respect to the hidden state, {@code W[y] - Σ_v p_v W[v]}, needs no loss,
 * so it is computed with the logits at hand and they are never needed again.
 */
final class LmHead {
  /** Scores of all rows in one array each, {@code [scored]}. */
  record Flat(float[] logps, float[] entropies, float[] collisions, boolean[] greedy) {
    Flat(int scored) {
      this(new float[scored], new float[scored], new float[scored], new boolean[scored]);
    }
  }

  /**
   * What a forward pass gives.
   *
   * @param normalizers log Σ exp(logit) of each row
   * @param directions d logp / d hidden, {@code [scored, hidden]}; null when not asked for
   */
  record Output(Flat scores, double[] normalizers, @Nullable NDArray directions) {}

  /** Tokens {@code [from, to)} of the vocabulary. */
  private record Slice(int from, int to) {
    boolean holds(int token) {
      return from <= token && token < to;
    }
  }

  /** Logits of a slice less the largest of each row, their exponentials, and sums over both. */
  private record Part(NDArray logits, NDArray weights, float[] top, float[] sums) {
    static Part of(NDArray hidden, NDArray w) {
      NDArray logits = TorchOps.linear(hidden, w);
      NDArray top = LibtorchBindings.rowMaxima(logits);
      logits.subi(top);
      NDArray weights = logits.exp();
      return new Part(logits, weights, column(top), column(TorchOps.rowSums(weights)));
    }

    /** {@code Σ weight * value}, and the value is used up. */
    float[] weighted(NDArray values) {
      return column(TorchOps.rowSums(values.muli(weights)));
    }

    float[] norms() {
      return column(TorchOps.rowNorms(weights));
    }
  }

  private final Weight weight;
  private final int width;

  /**
   * @param weight {@code [vocabulary, hidden]}
   * @param width of a slice: how many tokens' logits exist at once
   */
  LmHead(Weight weight, int width) {
    this.weight = weight;
    this.width = width;
  }

  Weight weight() {
    return weight;
  }

  private List<Slice> slices() {
    int vocabulary = Math.toIntExact(weight.array().getShape().get(0));
    List<Slice> slices = new ArrayList<>();
    for (int from = 0; from < vocabulary; from += width) {
      slices.add(new Slice(from, Math.min(vocabulary, from + width)));
    }
    return slices;
  }

  private interface Work {
    void on(NDManager scope, NDArray w);
  }

  /** Does work with a slice's weights; what the arrays make in it is gone afterwards. */
  private void with(Slice slice, NDManager outer, Work work, NDArray... arrays) {
    try (NDManager scope = outer.newSubManager();
        NDArray w = TorchOps.slice(weight.array(), 0, slice.from, slice.to)) {
      for (NDArray array : arrays) {
        array.tempAttach(scope);
      }
      work.on(scope, w);
    }
  }

  /**
   * @param hidden {@code [scored, hidden]}
   * @param targets {@code [scored]}
   */
  Output forward(NDArray hidden, int[] targets, boolean gradient) {
    NDManager outer = hidden.getManager();
    Scoring scoring = new Scoring(targets);
    NDArray mean = gradient ? outer.zeros(hidden.getShape()) : null;
    for (Slice slice : slices()) {
      with(
          slice,
          outer,
          (scope, w) -> {
            Part part = Part.of(hidden, w);
            scoring.add(scope, slice, part);
            if (mean != null) {
              NDArray pull = TorchOps.product(part.weights, w);
              mean.muli(column(scope, scoring.softmax.kept()));
              mean.addi(pull.muli(column(scope, scoring.softmax.taken())));
            }
          },
          hidden);
    }
    NDArray directions = null;
    if (mean != null) {
      mean.divi(column(outer, scoring.softmax.sums()));
      directions = TorchOps.rows(TorchOps.ids(outer, targets), weight.array()).subi(mean);
    }
    return new Output(scoring.scores(), scoring.softmax.normalizers(), directions);
  }

  /** What is known of each row's distribution and target after some slices. */
  private static final class Scoring {
    private final int[] targets;
    private final OnlineSoftmax softmax;
    private final double[] wanted;
    private final double[] logits;
    private final double[] squares;
    private final boolean[] greedy;

    Scoring(int[] targets) {
      this.targets = targets;
      this.softmax = new OnlineSoftmax(targets.length);
      this.wanted = new double[targets.length];
      this.logits = new double[targets.length];
      this.squares = new double[targets.length];
      this.greedy = new boolean[targets.length];
    }

    /** Uses the part's logits up. */
    void add(NDManager scope, Slice slice, Part part) {
      softmax.add(part.top, part.sums);
      look(scope, slice, part);
      float[] norms = part.norms();
      float[] weighted = part.weighted(part.logits);
      for (int i = 0; i < targets.length; i++) {
        double sum = weighted[i] + (double) part.top[i] * part.sums[i];
        logits[i] = softmax.merge(i, logits[i], sum);
        squares[i] = softmax.mergeSquares(i, squares[i], (double) norms[i] * norms[i]);
      }
    }

    /** The targets' logits, and whether they are the largest so far. */
    private void look(NDManager scope, Slice slice, Part part) {
      int[] columns =
          Arrays.stream(targets)
              .map(target -> slice.holds(target) ? target - slice.from : 0)
              .toArray();
      float[] below =
          column(TorchOps.pick(part.logits, TorchOps.ids(scope, columns).expandDims(1)));
      FloatBuffer all = null;
      for (int i = 0; i < targets.length; i++) {
        boolean held = slice.holds(targets[i]);
        if (held) {
          wanted[i] = (double) part.top[i] + below[i];
        }
        if (softmax.rose(i)) {
          greedy[i] = held && below[i] == 0;
          if (greedy[i]) {
            all = all == null ? TorchOps.read(part.logits) : all;
            greedy[i] = first(all, i * (slice.to - slice.from), columns[i]);
          }
        }
      }
    }

    /** Of equally likely tokens the first counts. */
    private static boolean first(FloatBuffer all, int row, int column) {
      for (int token = 0; token < column; token++) {
        if (all.get(row + token) == 0) {
          return false;
        }
      }
      return true;
    }

    Flat scores() {
      Flat scores = new Flat(targets.length);
      for (int i = 0; i < targets.length; i++) {
        double normalizer = softmax.normalizer(i);
        double sum = softmax.sums()[i];
        scores.logps[i] = (float) (wanted[i] - normalizer);
        scores.entropies[i] = (float) (normalizer - logits[i] / sum);
        scores.collisions[i] = (float) Math.log(squares[i] / (sum * sum));
        scores.greedy[i] = greedy[i];
      }
      return scores;
    }
  }

  /**
   * KL of the distributions of one hidden state to those of another, row by row.
   *
   * @param policy {@code [scored, hidden]}
   * @param reference {@code [scored, hidden]}
   */
  float[] divergences(NDArray policy, NDArray reference) {
    int scored = Math.toIntExact(policy.getShape().get(0));
    OnlineSoftmax ours = new OnlineSoftmax(scored);
    OnlineSoftmax its = new OnlineSoftmax(scored);
    double[] differences = new double[scored];
    for (Slice slice : slices()) {
      with(
          slice,
          policy.getManager(),
          (scope, w) -> {
            Part mine = Part.of(policy, w);
            Part other = Part.of(reference, w);
            ours.add(mine.top, mine.sums);
            its.add(other.top, other.sums);
            float[] weighted = mine.weighted(mine.logits.subi(other.logits));
            for (int i = 0; i < scored; i++) {
              double apart = (double) mine.top[i] - other.top[i];
              differences[i] = ours.merge(i, differences[i], weighted[i] + apart * mine.sums[i]);
            }
          },
          policy,
          reference);
    }
    float[] divergences = new float[scored];
    for (int i = 0; i < scored; i++) {
      divergences[i] =
          (float) (differences[i] / ours.sums()[i] - ours.normalizer(i) + its.normalizer(i));
    }
    return divergences;
  }

  /**
   * Gathers the gradient of the projection itself.
   *
   * @param gradients of each log-prob, {@code [scored]}
   * @param normalizers of the forward pass
   */
  void backward(NDArray hidden, int[] targets, float[] gradients, double[] normalizers) {
    int size = Math.toIntExact(hidden.getShape().get(1));
    float[] states = new float[targets.length * size];
    TorchOps.read(hidden).get(states);
    for (int i = 0; i < targets.length; i++) {
      weight.accumulateRow(targets[i], states, i * size, size, gradients[i]);
    }
    for (Slice slice : slices()) {
      with(
          slice,
          hidden.getManager(),
          (scope, w) -> {
            NDArray p = TorchOps.linear(hidden, w).subi(column(scope, normalizers)).exp();
            NDArray spread = p.muli(TorchOps.create(scope, gradients, gradients.length, 1)).neg();
            weight.accumulateRows(slice.from, TorchOps.product(TorchOps.transpose(spread), hidden));
          },
          hidden);
    }
  }

  private static float[] column(NDArray column) {
    float[] values = new float[Math.toIntExact(column.size())];
    TorchOps.read(column).get(values);
    return values;
  }

  private static NDArray column(NDManager manager, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return TorchOps.create(manager, floats, floats.length, 1);
  }
}
