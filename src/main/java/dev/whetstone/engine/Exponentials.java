package dev.whetstone.engine;

import java.util.Arrays;

/**
 * The exponentials of a softmax, written so that the compiler vectorises the loop: {@code exp(t) =
 * exp(t / 1024)^1024}, a Taylor polynomial and ten squarings, with a relative error below 1e-10.
 * Not thread-safe: it reuses its lanes.
 */
final class Exponentials {
  /** Differences below it weigh nothing: {@code exp(-64)} is 2e-28. */
  private static final double LOWEST = -64;

  private static final double FLOOR = power(LOWEST);
  private static final int LANES = 256;

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

  /** Sum of {@code exp((x[i] - max) * scale)} for {@code i < n}; no x may exceed max. */
  double sum(float[] x, int n, float max, double scale) {
    Arrays.fill(lanes, 0);
    // many sums side by side, each its own lane: a loop over one sum would not vectorise
    for (int start = 0; start < n; start += LANES) {
      int count = Math.min(LANES, n - start);
      for (int lane = 0; lane < count; lane++) {
        double t = Math.max((x[start + lane] - max) * scale, LOWEST);
        lanes[lane] += power(t) - FLOOR;
      }
    }
    double sum = 0;
    for (double lane : lanes) {
      sum += lane;
    }
    return sum;
  }

  private static double power(double t) {
    double r = t * (1.0 / 1024);
    double p = 1.0 / 5040;
    p = Math.fma(p, r, 1.0 / 720);
    p = Math.fma(p, r, 1.0 / 120);
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
