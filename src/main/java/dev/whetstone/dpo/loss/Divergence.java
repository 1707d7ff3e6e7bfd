package dev.whetstone.dpo.loss;

/**
 * The f-divergence that keeps the policy close to the reference (f-DPO, Wang et al. 2023,
 * arXiv:2309.16240, table 1). It maps the log-ratio w = log π(y) − log π_ref(y) to the score s that
 * the losses compare.
 */
public enum Divergence {
  /** s = w: plain DPO. */
  REVERSE_KL,
  /** s = 1 − e^(−w). */
  FORWARD_KL,
  /** s = log 2 + log σ(w). */
  JS_DIVERGENCE,
  /** s = (e^((a−1)w) − 1) / (a−1). */
  ALPHA_DIVERGENCE;

  /** Larger exponents are clamped, so that the power stays finite. */
  private static final double MAX_EXPONENT = 80;

  /**
   * The score s of a log-ratio, and ds/dw.
   *
   * @param w log-ratio of a sequence, in nats
   * @param alpha a of the alpha divergence, not 1; other divergences ignore it
   */
  ValueAndDerivative score(double w, double alpha) {
    return switch (this) {
      case REVERSE_KL -> new ValueAndDerivative(w, 1);
      case FORWARD_KL -> new ValueAndDerivative(1 - Math.exp(-w), Math.exp(-w));
      case JS_DIVERGENCE ->
          new ValueAndDerivative(Math.log(2) + Logistic.logSigma(w), Logistic.sigma(-w));
      case ALPHA_DIVERGENCE -> alpha(w, alpha);
    };
  }

  private static ValueAndDerivative alpha(double w, double alpha) {
    double exponent = (alpha - 1) * w;
    double power = Math.exp(Math.min(exponent, MAX_EXPONENT));
    return new ValueAndDerivative((power - 1) / (alpha - 1), exponent > MAX_EXPONENT ? 0 : power);
  }
}
