package dev.whetstone.engine.sampling;

import java.util.Arrays;

/**
 * The exponentials of a softmax, in loops that the compiler vectorises: {@code exp(t) = exp(t /
 * 1024)^1024}, a Taylor polynomial and ten squarings. The relative error is below 1e-10 down to t =
 * -20 and below 1e-7 down to -64, where the weight itself is 2e-28. Not thread-safe: it reuses its
 * lanes.
 */
final class VectorizedSoftmax {
  /** Differences below it have the weight 0: {@code exp(-64)} is 2e-28. */
  private static final double LOWEST = -64;

  /** Down to here the polynomial of {@code t / 1024} stays within [0, 1], so t needs no bound. */
  private static final double LOWEST_UNBOUNDED = -1000;

  private static final double FLOOR = power(LOWEST);
  private static final int LANES = 2048;

  private final double[] lanes = new double[LANES];

  /**
   * Writes {@code exp((x[i] - max) * scale)} of {@code i} in {@code [start, end)} to {@code
   * weights}; no x may exceed max.
   */
  static void weigh(float[] x, int start, int end, float max, double scale, double[] weights) {
    for (int i = start; i < end; i++) {
      double t = Math.max((x[i] - max) * scale, LOWEST);
      weights[i] = Math.max(power(t) - FLOOR, 0);
    }
  }

  /** Sum of {@code exp((x[i] - max) * scale)} for {@code i < n}; all x are within [min, max]. */
  double sum(float[] x, int n, float min, float max, double scale) {
    Arrays.fill(lanes, 0);
    boolean bounded = !((min - max) * scale >= LOWEST_UNBOUNDED);
    // One sum per lane: a loop with a single sum would not vectorise.
    for (int start = 0; start < n; start += LANES) {
      int count = Math.min(LANES, n - start);
      if (bounded) {
        addBounded(lanes, x, start, count, max, scale);
      } else {
        add(lanes, x, start, count, max, scale);
      }
    }
    double sum = 0;
    for (double lane : lanes) {
      sum += lane;
    }
    return sum;
  }

  private static void add(
      double[] lanes, float[] x, int start, int count, float max, double scale) {
    for (int lane = 0; lane < count; lane++) {
      lanes[lane] += power((x[start + lane] - max) * scale);
    }
  }

  private static void addBounded(
      double[] lanes, float[] x, int start, int count, float max, double scale) {
    for (int lane = 0; lane < count; lane++) {
      double t = Math.max((x[start + lane] - max) * scale, LOWEST);
      lanes[lane] += power(t) - FLOOR;
    }
  }

  private static double power(double t) {
    double r = t * (1.0 / 1024);
    double p = 1.0 / 120;
    p = Math.fma(p, r, 1.0 / 24);
    p = Math.fma(p, r, 1.0 / 6);
    p = Math.fma(p, r, 0.5);
    p = Math.fma(p, r, 1);
    p = Math.fma(p, r, 1);
    double p4 = p * p * (p * p);
    double p16 = p4 * p4 * (p4 * p4);
    double p64 = p16 * p16 * (p16 * p16);
    double p256 = p64 * p64 * (p64 * p64);
    return p256 * p256 * (p256 * p256);
  }
}
