package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The output projection and the log-probs of given tokens, a bounded number of rows of logits at a
 * time. A log-prob's gradient with respect to the hidden state, {@code W[y] - Σ_v p_v W[v]}, needs
 * no loss, so it is computed with the logits at hand and they are never needed again.
 */
final class Head {
  /** Scores of all rows in one array each, {@code [scored]}. */
  record Flat(float[] logps, float[] entropies, float[] collisions, boolean[] greedy) {
    Flat(int scored) {
      this(new float[scored], new float[scored], new float[scored], new boolean[scored]);
    }
  }

  /**
   * @param directions d logp / d hidden, {@code [scored, hidden]}; null when not asked for
   */
  record Output(Flat scores, @Nullable NDArray directions) {}

  private static final float HALF = (float) Math.log(0.5);
  private static final float ROUNDING = 1e-4f;

  private final Weight weight;
  private final int rows;

  /**
   * @param weight {@code [vocabulary, hidden]}
   * @param rows most rows of logits at once
   */
  Head(Weight weight, int rows) {
    this.weight = weight;
    this.rows = rows;
  }

  Weight weight() {
    return weight;
  }

  /**
   * @param hidden {@code [scored, hidden]}
   * @param targets {@code [scored]}
   */
  Output forward(NDArray hidden, NDArray targets, boolean gradient) {
    int scored = Math.toIntExact(hidden.getShape().get(0));
    Flat scores = new Flat(scored);
    NDManager outer = hidden.getManager();
    NDArray[] directions = new NDArray[(scored + rows - 1) / rows];
    for (int from = 0; from < scored; from += rows) {
      int to = Math.min(scored, from + rows);
      try (NDManager scope = outer.newSubManager()) {
        hidden.tempAttach(scope);
        targets.tempAttach(scope);
        NDArray wanted = Torch.slice(targets, 0, from, to);
        NDArray logps = logps(Torch.slice(hidden, 0, from, to));
        NDArray probabilities = logps.exp();
        score(scores, from, logps, probabilities, wanted);
        if (gradient) {
          NDArray chunk = directions(probabilities, wanted);
          chunk.attach(outer);
          directions[from / rows] = chunk;
        }
      }
    }
    return new Output(scores, gradient ? Torch.concat(0, directions) : null);
  }

  /**
   * KL of the distributions of one hidden state to those of another, row by row.
   *
   * @param policy {@code [scored, hidden]}
   * @param reference {@code [scored, hidden]}
   */
  float[] divergences(NDArray policy, NDArray reference) {
    float[] divergences = new float[Math.toIntExact(policy.getShape().get(0))];
    for (int from = 0; from < divergences.length; from += rows) {
      int to = Math.min(divergences.length, from + rows);
      try (NDManager scope = policy.getManager().newSubManager()) {
        policy.tempAttach(scope);
        reference.tempAttach(scope);
        NDArray logps = logps(Torch.slice(policy, 0, from, to));
        NDArray others = logps(Torch.slice(reference, 0, from, to));
        copy(Torch.rowSums(logps.exp().muli(logps.subi(others))), divergences, from);
      }
    }
    return divergences;
  }

  private NDArray logps(NDArray hidden) {
    try (NDArray logits = Torch.linear(hidden, weight.array())) {
      return Torch.logSoftmax(logits);
    }
  }

  /** Uses the log-probs up. */
  private static void score(
      Flat scores, int from, NDArray logps, NDArray probabilities, NDArray wanted) {
    NDArray columns = wanted.expandDims(1);
    copy(Torch.pick(logps, columns), scores.logps, from);
    NDArray norms = Torch.rowNorms(probabilities);
    copy(norms.muli(norms).log(), scores.collisions, from);
    int count = Math.toIntExact(wanted.getShape().get(0));
    long[] targets = wanted.toLongArray();
    for (int i = 0; i < count; i++) {
      scores.greedy[from + i] =
          greedy(logps, i, (int) targets[i], scores.logps[from + i], scores.collisions[from + i]);
    }
    copy(Torch.rowSums(logps.muli(probabilities)).neg(), scores.entropies, from);
  }

  /**
   * Whether a token is the likeliest of its row. More than half of the probability says yes and
   * less than Σ p², which is never above the largest p, says no: few rows are looked through.
   */
  private static boolean greedy(NDArray logps, int row, int target, float logp, float collision) {
    if (logp > HALF + ROUNDING) {
      return true;
    }
    if (logp < collision - ROUNDING) {
      return false;
    }
    FloatBuffer all = Torch.read(Torch.slice(logps, 0, row, row + 1L));
    for (int token = 0; token < all.limit(); token++) {
      float other = all.get(token);
      if (other > logp || (other == logp && token < target)) {
        return false;
      }
    }
    return true;
  }

  private static void copy(NDArray column, float[] into, int from) {
    FloatBuffer values = Torch.read(column);
    values.get(into, from, values.remaining());
  }

  private NDArray directions(NDArray probabilities, NDArray wanted) {
    NDArray w = weight.array();
    return Torch.rows(wanted, w).subi(Torch.product(probabilities, w));
  }

  /**
   * Gathers the gradient of the projection itself.
   *
   * @param gradients of each log-prob, {@code [scored]}
   */
  void backward(NDArray hidden, int[] targets, float[] gradients) {
    int width = Math.toIntExact(hidden.getShape().get(1));
    float[] states = new float[targets.length * width];
    Torch.read(hidden).get(states);
    for (int i = 0; i < targets.length; i++) {
      weight.accumulateRow(targets[i], states, i * width, width, gradients[i]);
    }
    for (int from = 0; from < targets.length; from += rows) {
      int to = Math.min(targets.length, from + rows);
      try (NDManager scope = hidden.getManager().newSubManager()) {
        hidden.tempAttach(scope);
        NDArray chunk = Torch.slice(hidden, 0, from, to);
        NDArray pull = Torch.create(scope, Arrays.copyOfRange(gradients, from, to), to - from, 1);
        NDArray spread = logps(chunk).exp().muli(pull).neg();
        weight.accumulate(Torch.product(Torch.transpose(spread), chunk));
      }
    }
  }
}
