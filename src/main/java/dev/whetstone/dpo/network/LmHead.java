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
 * The output projection and the log-probs of given tokens, computed a slice of the vocabulary at a
 * time: {@code [scored, vocabulary]} logits never exist at once, and a slice's weights are read
 * once for all rows. The gradient of a log-prob with respect to the hidden state, {@code W[y] - Σ_v
 * p_v W[v]}, does not depend on the loss, so the forward pass computes it while it has the logits;
 * the backward pass does not need them again.
 */
final class LmHead {
  /** Scores of all rows in one array each, {@code [scored]}. */
  record FlatScores(float[] logps, float[] entropies, float[] logSumSquares, boolean[] greedy) {
    FlatScores(int scored) {
      this(new float[scored], new float[scored], new float[scored], new boolean[scored]);
    }
  }

  /**
   * The result of a forward pass.
   *
   * @param logSumExps log Σ exp(logit) of each row, {@code [scored]}
   * @param targetSlopes derivative of each target's capped logit, {@code [scored]}
   * @param logProbGradients d logp / d hidden, {@code [scored, hidden]}; null unless asked for
   */
  record Output(
      FlatScores scores,
      double[] logSumExps,
      float[] targetSlopes,
      @Nullable NDArray logProbGradients) {}

  /** Tokens {@code [from, to)} of the vocabulary. */
  private record Slice(int from, int to) {
    boolean contains(int token) {
      return from <= token && token < to;
    }
  }

  /**
   * Logits of a slice after their cap.
   *
   * @param slopes derivatives of the cap; null without one
   */
  private record Capped(NDArray logits, @Nullable NDArray slopes) {
    static Capped of(NDArray hidden, Weight.Rows w, float cap) {
      NDArray logits = SoftCap.apply(w.timesTransposed(hidden), cap);
      return new Capped(logits, SoftCap.slopes(logits, cap));
    }
  }

  /**
   * Logits of a slice less each row's maximum, their exponentials, and the sums of these.
   *
   * @param slopes derivatives of the logits' cap; null without one
   */
  private record Part(
      NDArray logits, NDArray exps, @Nullable NDArray slopes, float[] max, float[] sums) {
    static Part of(NDArray hidden, Weight.Rows w, float cap) {
      Capped capped = Capped.of(hidden, w, cap);
      NDArray logits = capped.logits;
      NDArray max = LibtorchBindings.rowMaxima(logits);
      logits.subi(max);
      NDArray exps = logits.exp();
      return new Part(logits, exps, capped.slopes, column(max), column(TorchOps.rowSums(exps)));
    }

    /** {@code exp * slope}: what a logit before its cap adds to the gradient. */
    NDArray weightedExps() {
      return slopes == null ? exps : exps.mul(slopes);
    }

    /** {@code Σ exp * value} of each row; overwrites the values. */
    float[] weightedSums(NDArray values) {
      return column(TorchOps.rowSums(values.muli(exps)));
    }

    /** {@code sqrt(Σ exp²)} of each row. */
    float[] norms() {
      return column(TorchOps.rowNorms(exps));
    }
  }

  private final Weight weight;
  private final int width;
  private final float cap;

  /**
   * @param weight {@code [vocabulary, hidden]}
   * @param width of a slice: for how many tokens of the vocabulary logits exist at once
   * @param cap of the logits; 0 for none
   */
  LmHead(Weight weight, int width, double cap) {
    this.cap = (float) cap;
    this.weight = weight;
    this.width = weight.sliceWidth(width);
  }

  Weight weight() {
    return weight;
  }

  /** The logits of rows, {@code [rows, vocabulary]}. */
  NDArray logits(NDArray hidden) {
    return SoftCap.apply(weight.timesTransposed(hidden), cap);
  }

  private List<Slice> slices() {
    int vocabulary = weight.rows();
    List<Slice> slices = new ArrayList<>();
    for (int from = 0; from < vocabulary; from += width) {
      slices.add(new Slice(from, Math.min(vocabulary, from + width)));
    }
    return slices;
  }

  private interface SliceTask {
    void run(NDManager scope, Weight.Rows w);
  }

  /** Runs a task with a slice's weights, and frees what it computes from {@code arrays}. */
  private void withSlice(Slice slice, NDManager outer, SliceTask task, NDArray... arrays) {
    try (NDManager scope = outer.newSubManager();
        Weight.Rows w = weight.rows(slice.from, slice.to)) {
      for (NDArray array : arrays) {
        array.tempAttach(scope);
      }
      task.run(scope, w);
    }
  }

  /**
   * @param hidden {@code [scored, hidden]}
   * @param targets token ids, {@code [scored]}
   * @param gradient whether to compute the gradients of the log-probs too
   */
  Output forward(NDArray hidden, int[] targets, boolean gradient) {
    NDManager outer = hidden.getManager();
    Scoring scoring = new Scoring(targets);
    NDArray mean = gradient ? outer.zeros(hidden.getShape()) : null;
    for (Slice slice : slices()) {
      withSlice(
          slice,
          outer,
          (scope, w) -> {
            Part part = Part.of(hidden, w, cap);
            scoring.add(scope, slice, part);
            if (mean != null) {
              NDArray added = w.times(part.weightedExps());
              mean.muli(column(scope, scoring.softmax.previousScale()));
              mean.addi(added.muli(column(scope, scoring.softmax.sliceScale())));
            }
          },
          hidden);
    }
    NDArray logProbGradients = null;
    if (mean != null) {
      mean.divi(column(outer, scoring.softmax.sums()));
      NDArray rows = weight.select(outer, targets);
      if (cap > 0) {
        rows.muli(TorchOps.create(outer, scoring.targetSlopes, targets.length, 1));
      }
      logProbGradients = rows.subi(mean);
    }
    return new Output(
        scoring.scores(), scoring.softmax.logSumExps(), scoring.targetSlopes, logProbGradients);
  }

  /** Running sums over the slices so far, for each row's distribution and target. */
  private static final class Scoring {
    private final int[] targets;
    private final OnlineSoftmax softmax;
    private final double[] targetLogits;
    private final float[] targetSlopes;

    // Σ exp(logit) * logit and Σ exp(logit)², scaled like the softmax's sums and their square
    private final double[] weightedLogits;
    private final double[] squares;
    private final boolean[] greedy;

    Scoring(int[] targets) {
      this.targets = targets;
      this.softmax = new OnlineSoftmax(targets.length);
      this.targetLogits = new double[targets.length];
      this.targetSlopes = new float[targets.length];
      Arrays.fill(targetSlopes, 1);
      this.weightedLogits = new double[targets.length];
      this.squares = new double[targets.length];
      this.greedy = new boolean[targets.length];
    }

    /** Adds a slice; overwrites the part's logits. */
    void add(NDManager scope, Slice slice, Part part) {
      softmax.add(part.max, part.sums);
      scoreTargets(scope, slice, part);
      float[] norms = part.norms();
      float[] weighted = part.weightedSums(part.logits);
      for (int i = 0; i < targets.length; i++) {
        double sum = weighted[i] + (double) part.max[i] * part.sums[i];
        weightedLogits[i] = softmax.merge(i, weightedLogits[i], sum);
        squares[i] = softmax.mergeSquares(i, squares[i], (double) norms[i] * norms[i]);
      }
    }

    /** Records the targets' logits, and whether they are the largest so far. */
    private void scoreTargets(NDManager scope, Slice slice, Part part) {
      int[] columns =
          Arrays.stream(targets)
              .map(target -> slice.contains(target) ? target - slice.from : 0)
              .toArray();
      float[] below =
          column(TorchOps.gatherColumns(part.logits, TorchOps.ids(scope, columns).expandDims(1)));
      float[] slopes =
          part.slopes == null
              ? null
              : column(
                  TorchOps.gatherColumns(part.slopes, TorchOps.ids(scope, columns).expandDims(1)));
      FloatBuffer all = null;
      for (int i = 0; i < targets.length; i++) {
        boolean inSlice = slice.contains(targets[i]);
        if (inSlice) {
          targetLogits[i] = (double) part.max[i] + below[i];
          targetSlopes[i] = slopes == null ? 1 : slopes[i];
        }
        if (softmax.maxIncreased(i)) {
          greedy[i] = inSlice && below[i] == 0;
          if (greedy[i]) {
            all = all == null ? TorchOps.read(part.logits) : all;
            greedy[i] = isFirstMaximum(all, i * (slice.to - slice.from), columns[i]);
          }
        }
      }
    }

    /** Whether no earlier token is as likely: argmax takes the first of equals. */
    private static boolean isFirstMaximum(FloatBuffer all, int row, int column) {
      for (int token = 0; token < column; token++) {
        if (all.get(row + token) == 0) {
          return false;
        }
      }
      return true;
    }

    FlatScores scores() {
      FlatScores scores = new FlatScores(targets.length);
      for (int i = 0; i < targets.length; i++) {
        double logSumExp = softmax.logSumExp(i);
        double sum = softmax.sums()[i];
        scores.logps[i] = (float) (targetLogits[i] - logSumExp);
        scores.entropies[i] = (float) (logSumExp - weightedLogits[i] / sum);
        scores.logSumSquares[i] = (float) Math.log(squares[i] / (sum * sum));
        scores.greedy[i] = greedy[i];
      }
      return scores;
    }
  }

  /**
   * KL(p ‖ q) in nats, p the policy's distribution of a row and q the reference's, {@code
   * [scored]}.
   *
   * @param policy {@code [scored, hidden]}
   * @param reference {@code [scored, hidden]}
   */
  float[] klDivergences(NDArray policy, NDArray reference) {
    int scored = Math.toIntExact(policy.getShape().get(0));
    OnlineSoftmax pSoftmax = new OnlineSoftmax(scored);
    OnlineSoftmax qSoftmax = new OnlineSoftmax(scored);
    double[] differences = new double[scored];
    for (Slice slice : slices()) {
      withSlice(
          slice,
          policy.getManager(),
          (scope, w) -> {
            Part p = Part.of(policy, w, cap);
            Part q = Part.of(reference, w, cap);
            pSoftmax.add(p.max, p.sums);
            qSoftmax.add(q.max, q.sums);
            float[] weighted = p.weightedSums(p.logits.subi(q.logits));
            for (int i = 0; i < scored; i++) {
              double shift = (double) p.max[i] - q.max[i];
              differences[i] = pSoftmax.merge(i, differences[i], weighted[i] + shift * p.sums[i]);
            }
          },
          policy,
          reference);
    }
    float[] divergences = new float[scored];
    for (int i = 0; i < scored; i++) {
      divergences[i] =
          (float)
              (differences[i] / pSoftmax.sums()[i] - pSoftmax.logSumExp(i) + qSoftmax.logSumExp(i));
    }
    return divergences;
  }

  /**
   * Accumulates the gradient of the projection itself.
   *
   * @param gradients d loss / d log-prob, {@code [scored]}
   * @param logSumExps from the forward pass
   * @param targetSlopes from the forward pass
   */
  void backward(
      NDArray hidden, int[] targets, float[] gradients, double[] logSumExps, float[] targetSlopes) {
    int size = Math.toIntExact(hidden.getShape().get(1));
    float[] states = new float[targets.length * size];
    TorchOps.read(hidden).get(states);
    for (int i = 0; i < targets.length; i++) {
      weight.accumulateRow(targets[i], states, i * size, size, gradients[i] * targetSlopes[i]);
    }
    for (Slice slice : slices()) {
      withSlice(
          slice,
          hidden.getManager(),
          (scope, w) -> {
            Capped capped = Capped.of(hidden, w, cap);
            NDArray p = capped.logits.subi(column(scope, logSumExps)).exp();
            if (capped.slopes != null) {
              p.muli(capped.slopes);
            }
            NDArray dLogits = p.muli(TorchOps.create(scope, gradients, gradients.length, 1)).neg();
            weight.accumulateRows(slice.from, TorchOps.matmul(TorchOps.transpose(dLogits), hidden));
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
