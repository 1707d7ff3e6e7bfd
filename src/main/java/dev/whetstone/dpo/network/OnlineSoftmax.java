package dev.whetstone.dpo.network;

import java.util.Arrays;

/**
 * Softmaxes of some rows whose logits come a slice at a time (Milakov and Gimelshein 2018,
 * algorithm 3). Sums over the logits so far are kept relative to the largest so far: what a slice
 * adds is merged with {@link #merge}.
 */
final class OnlineSoftmax {
  private final double[] largest;
  private final double[] sums;
  private final double[] kept;
  private final double[] taken;

  OnlineSoftmax(int rows) {
    largest = new double[rows];
    sums = new double[rows];
    kept = new double[rows];
    taken = new double[rows];
    Arrays.fill(largest, Double.NEGATIVE_INFINITY);
  }

  /**
   * Takes in a slice.
   *
   * @param top its largest logit of each row
   * @param sum {@code Σ exp(logit - top)} over it
   */
  void add(float[] top, float[] sum) {
    for (int row = 0; row < top.length; row++) {
      double next = Math.max(largest[row], top[row]);
      kept[row] = Math.exp(largest[row] - next);
      taken[row] = Math.exp(top[row] - next);
      largest[row] = next;
      sums[row] = merge(row, sums[row], sum[row]);
    }
  }

  /** A sum over all slices: of those before the latest, relative to theirs, and the latest. */
  double merge(int row, double before, double slice) {
    return kept[row] * before + taken[row] * slice;
  }

  /** The same for sums of squares of exponentials. */
  double mergeSquares(int row, double before, double slice) {
    return kept[row] * kept[row] * before + taken[row] * taken[row] * slice;
  }

  /** Whether the latest slice holds a larger logit than all before. */
  boolean rose(int row) {
    return kept[row] < 1;
  }

  /** What a sum so far was multiplied with when the latest slice came. */
  double[] kept() {
    return kept;
  }

  /** What the latest slice was multiplied with. */
  double[] taken() {
    return taken;
  }

  /** {@code Σ exp(logit - largest)} of each row. */
  double[] sums() {
    return sums;
  }

  /** Logarithm of the sum of a row's exponentials. */
  double normalizer(int row) {
    return largest[row] + Math.log(sums[row]);
  }

  /** Those of all rows. */
  double[] normalizers() {
    double[] normalizers = new double[sums.length];
    Arrays.setAll(normalizers, this::normalizer);
    return normalizers;
  }
}
