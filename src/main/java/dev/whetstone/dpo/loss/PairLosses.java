package dev.whetstone.dpo.loss;

import static dev.whetstone.dpo.loss.Logistic.logSigma;
import static dev.whetstone.dpo.loss.Logistic.sigma;

/**
 * The losses that are a mean over pairs, each with its derivative.
 *
 * <p>w = log π(y_w) − log π_ref(y_w), l the same for y_l; s_w and s_l their scores under the
 * divergence, Δ = s_w − s_l; L = log σ; ε = label smoothing.
 */
final class PairLosses {
  /** Sums over the tokens of one pair. */
  record Terms(
      double policyChosen,
      double policyRejected,
      double referenceChosen,
      double referenceRejected,
      int chosenLength,
      int rejectedLength) {
    double w() {
      return policyChosen - referenceChosen;
    }

    double l() {
      return policyRejected - referenceRejected;
    }
  }

  /** A loss and its derivatives by log π(y_w) and log π(y_l). */
  record Slope(double loss, double chosen, double rejected) {}

  /** A loss of one pair. */
  @FunctionalInterface
  interface Formula {
    Slope at(Terms pair, LossConfig config);
  }

  private PairLosses() {}

  /** −(1−ε) L(βΔ) − ε L(−βΔ): DPO (Rafailov et al. 2023, eq. 7); with ε cDPO (Mitchell 2023). */
  static Slope sigmoid(Terms pair, LossConfig config) {
    ValueAndDerivative smoothed = smoothedLogistic(config.beta() * delta(pair, config), config);
    return byDelta(pair, config, smoothed.value(), smoothed.slope());
  }

  /** −(1−ε) L(z) − ε L(−z). */
  static ValueAndDerivative smoothedLogistic(double z, LossConfig config) {
    double e = config.labelSmoothing();
    return new ValueAndDerivative(
        -(1 - e) * logSigma(z) - e * logSigma(-z), -(1 - e) * sigma(-z) + e * sigma(z));
  }

  /** max(0, 1 − βΔ): SLiC (Zhao et al. 2023). */
  static Slope hinge(Terms pair, LossConfig config) {
    double z = config.beta() * delta(pair, config);
    return byDelta(pair, config, Math.max(0, 1 - z), z < 1 ? -1 : 0);
  }

  /** (s_w/|y_w| − s_l/|y_l| − 1/(2β))²: IPO (Azar et al. 2023, eq. 17), per token. */
  static Slope ipo(Terms pair, LossConfig config) {
    double gap = normalisedDelta(pair, config) - 1 / (2 * config.beta());
    return byNormalisedDelta(pair, config, gap * gap, 2 * gap);
  }

  /**
   * q (log q − logSigma(1−ε)) + (1−q)(logSigma(1−q) − log ε), q = σ(βΔ): EXO (Ji et al. 2024, eq.
   * 16).
   */
  static Slope exoPair(Terms pair, LossConfig config) {
    double e = config.labelSmoothing();
    double z = config.beta() * delta(pair, config);
    double q = sigma(z);
    double p = sigma(-z);
    double loss = q * (logSigma(z) - Math.log1p(-e)) + p * (logSigma(-z) - Math.log(e));
    return byDelta(pair, config, loss, q * p * (z - Math.log1p(-e) + Math.log(e)));
  }

  /** −L(βw) − ½ L(−βw) − ½ L(−βl): NCA (Chen et al. 2024). */
  static Slope ncaPair(Terms pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.w();
    double l = b * pair.l();
    return new Slope(
        -logSigma(w) - logSigma(-w) / 2 - logSigma(-l) / 2,
        b * (-sigma(-w) + sigma(w) / 2),
        b * sigma(l) / 2);
  }

  /** (−(1−ε) L(βΔ) + ε L(−βΔ)) / (1−2ε): robust DPO (Chowdhury et al. 2024). */
  static Slope robust(Terms pair, LossConfig config) {
    double e = config.labelSmoothing();
    double z = config.beta() * delta(pair, config);
    double loss = (-(1 - e) * logSigma(z) + e * logSigma(-z)) / (1 - 2 * e);
    double slope = (-(1 - e) * sigma(-z) - e * sigma(z)) / (1 - 2 * e);
    return byDelta(pair, config, loss, slope);
  }

  /** −L(βw) − L(−βl): BCO (Jung et al. 2024) with the reward shift at zero. */
  static Slope bcoPair(Terms pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.w();
    double l = b * pair.l();
    return new Slope(-logSigma(w) - logSigma(-l), -b * sigma(-w), b * sigma(l));
  }

  /** (w − 1/(2β))² + (l + 1/(2β))²: SPPO (Wu et al. 2024, eq. 4.7) with hard labels. */
  static Slope sppoHard(Terms pair, LossConfig config) {
    double target = 1 / (2 * config.beta());
    double w = pair.w() - target;
    double l = pair.l() + target;
    return new Slope(w * w + l * l, 2 * w, 2 * l);
  }

  /** 1 − σ(βw) + σ(βl): APO-zero (D'Oosterlinck et al. 2024, eq. 7). */
  static Slope apoZero(Terms pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.w();
    double l = b * pair.l();
    return new Slope(sigma(-w) + sigma(l), -b * sigma(w) * sigma(-w), b * sigma(l) * sigma(-l));
  }

  /** σ(βw) + 1 − σ(β(w − l)): APO-down (D'Oosterlinck et al. 2024, eq. 8). */
  static Slope apoDown(Terms pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.w();
    double z = w - b * pair.l();
    double pull = b * sigma(z) * sigma(-z);
    return new Slope(sigma(w) + sigma(-z), b * sigma(w) * sigma(-w) - pull, pull);
  }

  /**
   * −(1−m) L(x) + m e^(−x), x = βΔ, m = σ(x/τ), DiscoPOP's log-ratio modulated loss (Lu et al.
   * 2024). The products are taken as sums of logarithms, for e^(−x) alone overflows.
   */
  static Slope discopop(Terms pair, LossConfig config) {
    double x = config.beta() * delta(pair, config);
    double y = x / config.discopopTau();
    double m = sigma(y);
    double rest = sigma(-y);
    double exponential = Math.exp(logSigma(y) - x);
    double logistic = -logSigma(x);
    double slope =
        rest / config.discopopTau() * (exponential - m * logistic) - rest * sigma(-x) - exponential;
    return byDelta(pair, config, rest * logistic + exponential, slope);
  }

  /** −L(β (s_w/|y_w| − s_l/|y_l|)): length-normalised DPO (Lambert et al. 2024). */
  static Slope sigmoidNorm(Terms pair, LossConfig config) {
    double b = config.beta();
    double z = b * normalisedDelta(pair, config);
    return byNormalisedDelta(pair, config, -logSigma(z), -b * sigma(-z));
  }

  /** −L(β (log π_w/|y_w| − log π_l/|y_l|) − γ): SimPO (Meng et al. 2024, eq. 6), no reference. */
  static Slope simpo(Terms pair, LossConfig config) {
    double b = config.beta();
    double gap =
        pair.policyChosen() / pair.chosenLength() - pair.policyRejected() / pair.rejectedLength();
    double z = b * gap - config.simpoGamma();
    double slope = -b * sigma(-z);
    return new Slope(-logSigma(z), slope / pair.chosenLength(), -slope / pair.rejectedLength());
  }

  private static double delta(Terms pair, LossConfig config) {
    return chosenScore(pair, config).value() - rejectedScore(pair, config).value();
  }

  private static double normalisedDelta(Terms pair, LossConfig config) {
    return chosenScore(pair, config).value() / pair.chosenLength()
        - rejectedScore(pair, config).value() / pair.rejectedLength();
  }

  /**
   * @param slope derivative of the loss by βΔ
   */
  private static Slope byDelta(Terms pair, LossConfig config, double loss, double slope) {
    double b = config.beta();
    return new Slope(
        loss,
        b * slope * chosenScore(pair, config).slope(),
        -b * slope * rejectedScore(pair, config).slope());
  }

  /**
   * @param slope derivative of the loss by s_w/|y_w| − s_l/|y_l|
   */
  private static Slope byNormalisedDelta(Terms pair, LossConfig config, double loss, double slope) {
    return new Slope(
        loss,
        slope * chosenScore(pair, config).slope() / pair.chosenLength(),
        -slope * rejectedScore(pair, config).slope() / pair.rejectedLength());
  }

  private static ValueAndDerivative chosenScore(Terms pair, LossConfig config) {
    return config.divergence().score(pair.w(), config.divergenceAlpha());
  }

  private static ValueAndDerivative rejectedScore(Terms pair, LossConfig config) {
    return config.divergence().score(pair.l(), config.divergenceAlpha());
  }
}
