package dev.whetstone.dpo.loss;

/** The logistic function σ, computed without overflow for any argument. */
public final class Logistic {
  private Logistic() {}

  /** σ(x) = 1 / (1 + e^(−x)). */
  public static double sigma(double x) {
    if (x >= 0) {
      return 1 / (1 + Math.exp(-x));
    }
    double power = Math.exp(x);
    return power / (1 + power);
  }

  /** log σ(x), PyTorch's {@code logsigmoid}. */
  public static double logSigma(double x) {
    return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  }
}
