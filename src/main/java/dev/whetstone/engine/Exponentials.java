package dev.whetstone.engine;

/**
 * The exponentials of a softmax, written so that the compiler vectorises the loop: {@code exp(t) =
 * exp(t / 1024)^1024}, a Taylor polynomial and ten squarings, with a relative error below 1e-10.
 */
final class Exponentials {
  /** Differences below it weigh nothing: {@code exp(-64)} is 2e-28. */
  private static final double LOWEST = -64;

  private static final double FLOOR = power(LOWEST);

  private Exponentials() {}

  /** Writes {@code exp((x[i] - max) * scale)} for {@code i < n}; no x may exceed max. */
  static void weigh(float[] x, int n, float max, double scale, double[] weights) {
    for (int i = 0; i < n; i++) {
      double t = Math.max((x[i] - max) * scale, LOWEST);
      weights[i] = Math.max(power(t) - FLOOR, 0);
    }
  }

  private static double power(double t) {
    double r = t * (1.0 / 1024);
    double p = 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    double p4 = p * p * (p * p);
    double p16 = p4 * p4 * (p4 * p4);
    double p64 = p16 * p16 * (p16 * p16);
    double p256 = p64 * p64 * (p64 * p64);
    return p256 * p256 * (p256 * p256);
  }
}
