package dev.whetstone.dpo.network;

import java.util.Arrays;

/**
 * The softmax of each row when its logits arrive a slice of the vocabulary at a time (Milakov and
 * Gimelshein 2018, algorithm 3). A running sum is kept relative to the largest logit so far; after
 * {@link #add}, {@link #merge} rescales such a sum and adds the slice's part to it.
 */
final class OnlineSoftmax {
  private final double[] max;
  private final double[] sums;
  private final double[] previousScale;
  private final double[] sliceScale;

  OnlineSoftmax(int rows) {
    max = new double[rows];
    sums = new double[rows];
    previousScale = new double[rows];
    sliceScale = new double[rows];
    Arrays.fill(max, Double.NEGATIVE_INFINITY);
  }

  /**
   * Adds a slice.
   *
   * @param sliceMax the slice's largest logit of each row
   * @param sliceSum {@code Σ exp(logit - sliceMax)} over the slice
   */
  void add(float[] sliceMax, float[] sliceSum) {
    for (int row = 0; row < sliceMax.length; row++) {
      double larger = Math.max(max[row], sliceMax[row]);
      previousScale[row] = Math.exp(max[row] - larger);
      sliceScale[row] = Math.exp(sliceMax[row] - larger);
      max[row] = larger;
      sums[row] = merge(row, sums[row], sliceSum[row]);
    }
  }

  /** A sum over all slices, from that before the latest slice and that of the latest slice. */
  double merge(int row, double before, double slice) {
    return previousScale[row] * before + sliceScale[row] * slice;
  }

  /** The same for a sum of squared exponentials, whose scale is squared too. */
  double mergeSquares(int row, double before, double slice) {
    return previousScale[row] * previousScale[row] * before
        + sliceScale[row] * sliceScale[row] * slice;
  }

  /** Whether the latest slice has a larger logit than all slices before it. */
  boolean maxIncreased(int row) {
    return previousScale[row] < 1;
  }

  /** The factors that rescale the sums before the latest slice, {@code [rows]}. */
  double[] previousScale() {
    return previousScale;
  }

  /** The factors that rescale the latest slice's sums, {@code [rows]}. */
  double[] sliceScale() {
    return sliceScale;
  }

  /** {@code Σ exp(logit - max)}, {@code [rows]}. */
  double[] sums() {
    return sums;
  }

  /** {@code log Σ exp(logit)} of a row. */
  double logSumExp(int row) {
    return max[row] + Math.log(sums[row]);
  }

  /** {@code log Σ exp(logit)}, {@code [rows]}. */
  double[] logSumExps() {
    double[] all = new double[sums.length];
    Arrays.setAll(all, this::logSumExp);
    return all;
  }
}
