package dev.whetstone.dpo.loss;

import static dev.whetstone.dpo.loss.Logistic.logSigma;
import static dev.whetstone.dpo.loss.Logistic.sigma;

/**
 * The losses that are a mean over pairs, each with its derivatives. In eric-mitchell's
 * direct-preference-optimization w is {@code policy_chosen_logps - reference_chosen_logps}, Δ under
 * reverse KL is {@code logits}, and L is {@code F.logsigmoid}:
 *
 * <p>w = log π(y_w) − log π_ref(y_w), l the same for y_l; s_w and s_l their scores under the {@link
 * Divergence}, Δ = s_w − s_l; L = log σ; ε = label smoothing.
 */
final class PairLosses {
  /** Log-probs of one pair's sequences (sums over tokens, in nats), and their lengths in tokens. */
  record SequenceLogps(
      double policyChosen,
      double policyRejected,
      double referenceChosen,
      double referenceRejected,
      int chosenLength,
      int rejectedLength) {
    double chosenLogRatio() {
      return policyChosen - referenceChosen;
    }

    double rejectedLogRatio() {
      return policyRejected - referenceRejected;
    }
  }

  /** A loss and its derivatives with respect to log π(y_w) and log π(y_l). */
  record LossAndGradient(double loss, double chosen, double rejected) {}

  /** The loss of one pair. */
  @FunctionalInterface
  interface Formula {
    LossAndGradient at(SequenceLogps pair, LossConfig config);
  }

  private PairLosses() {}

  /**
   * −(1−ε) L(βΔ) − ε L(−βΔ): DPO (Rafailov et al. 2023, arXiv:2305.18290, eq. 7); with ε cDPO
   * (Mitchell 2023, ericmitchell.ai/cdpo.pdf, eq. 3).
   */
  static LossAndGradient sigmoid(SequenceLogps pair, LossConfig config) {
    ValueAndDerivative smoothed = smoothedLogistic(config.beta() * delta(pair, config), config);
    return byDelta(pair, config, smoothed.value(), smoothed.derivative());
  }

  /** −(1−ε) L(z) − ε L(−z). */
  static ValueAndDerivative smoothedLogistic(double z, LossConfig config) {
    double e = config.labelSmoothing();
    return new ValueAndDerivative(
        -(1 - e) * logSigma(z) - e * logSigma(-z), // cDPO eq. 3; ε = 0: DPO eq. 7
        -(1 - e) * sigma(-z) + e * sigma(z)); // ε = 0: weight of DPO's gradient, section 4
  }

  /** max(0, 1 − βΔ): SLiC (Zhao et al. 2023, arXiv:2305.10425). */
  static LossAndGradient hinge(SequenceLogps pair, LossConfig config) {
    double z = config.beta() * delta(pair, config);
    return byDelta(pair, config, Math.max(0, 1 - z), z < 1 ? -1 : 0);
  }

  /**
   * (s_w/|y_w| − s_l/|y_l| − 1/(2β))²: IPO (Azar et al. 2023, arXiv:2310.12036, eq. 17, β is τ).
   */
  static LossAndGradient ipo(SequenceLogps pair, LossConfig config) {
    double gap = normalisedDelta(pair, config) - 1 / (2 * config.beta());
    return byNormalisedDelta(pair, config, gap * gap, 2 * gap);
  }

  /**
   * q (log q − log(1−ε)) + (1−q) (log(1−q) − log ε), q = σ(βΔ): EXO (Ji et al. 2024,
   * arXiv:2402.00856, eq. 16).
   */
  static LossAndGradient exoPair(SequenceLogps pair, LossConfig config) {
    double e = config.labelSmoothing();
    double z = config.beta() * delta(pair, config);
    double q = sigma(z);
    double p = sigma(-z); // 1 − q
    double loss = q * (logSigma(z) - Math.log1p(-e)) + p * (logSigma(-z) - Math.log(e));
    return byDelta(pair, config, loss, q * p * (z - Math.log1p(-e) + Math.log(e)));
  }

  /** −L(βw) − ½ L(−βw) − ½ L(−βl): NCA (Chen et al. 2024, arXiv:2402.05369). */
  static LossAndGradient ncaPair(SequenceLogps pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.chosenLogRatio();
    double l = b * pair.rejectedLogRatio();
    return new LossAndGradient(
        -logSigma(w) - logSigma(-w) / 2 - logSigma(-l) / 2,
        b * (-sigma(-w) + sigma(w) / 2),
        b * sigma(l) / 2);
  }

  /** (−(1−ε) L(βΔ) + ε L(−βΔ)) / (1−2ε): robust DPO (Chowdhury et al. 2024, arXiv:2403.00409). */
  static LossAndGradient robust(SequenceLogps pair, LossConfig config) {
    double e = config.labelSmoothing();
    double z = config.beta() * delta(pair, config);
    double loss = (-(1 - e) * logSigma(z) + e * logSigma(-z)) / (1 - 2 * e);
    double slope = (-(1 - e) * sigma(-z) - e * sigma(z)) / (1 - 2 * e);
    return byDelta(pair, config, loss, slope);
  }

  /** −L(βw) − L(−βl): BCO (Jung et al. 2024, arXiv:2404.04656) with a reward shift of zero. */
  static LossAndGradient bcoPair(SequenceLogps pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.chosenLogRatio();
    double l = b * pair.rejectedLogRatio();
    return new LossAndGradient(-logSigma(w) - logSigma(-l), -b * sigma(-w), b * sigma(l));
  }

  /**
   * (w − 1/(2β))² + (l + 1/(2β))²: SPPO, hard labels (Wu et al. 2024, arXiv:2405.00675, eq. 4.7).
   */
  static LossAndGradient sppoHard(SequenceLogps pair, LossConfig config) {
    double target = 1 / (2 * config.beta());
    double w = pair.chosenLogRatio() - target;
    double l = pair.rejectedLogRatio() + target;
    return new LossAndGradient(w * w + l * l, 2 * w, 2 * l);
  }

  /** 1 − σ(βw) + σ(βl): APO-zero (D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 7). */
  static LossAndGradient apoZero(SequenceLogps pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.chosenLogRatio();
    double l = b * pair.rejectedLogRatio();
    return new LossAndGradient(
        sigma(-w) + sigma(l), -b * sigma(w) * sigma(-w), b * sigma(l) * sigma(-l));
  }

  /** σ(βw) + 1 − σ(β(w − l)): APO-down (D'Oosterlinck et al. 2024, arXiv:2408.06266, eq. 8). */
  static LossAndGradient apoDown(SequenceLogps pair, LossConfig config) {
    double b = config.beta();
    double w = b * pair.chosenLogRatio();
    double z = w - b * pair.rejectedLogRatio();
    double slope = b * sigma(z) * sigma(-z);
    return new LossAndGradient(sigma(w) + sigma(-z), b * sigma(w) * sigma(-w) - slope, slope);
  }

  /**
   * −(1−m) L(x) + m e^(−x), x = βΔ, m = σ(x/τ): DiscoPOP (Lu et al. 2024, arXiv:2406.08414). m
   * e^(−x) is computed from its logarithm, because e^(−x) alone overflows.
   */
  static LossAndGradient discopop(SequenceLogps pair, LossConfig config) {
    double x = config.beta() * delta(pair, config);
    double y = x / config.discopopTau();
    double m = sigma(y);
    double n = sigma(-y); // 1 − m
    double exponential = Math.exp(logSigma(y) - x); // m e^(−x)
    double logistic = -logSigma(x);
    double slope =
        n / config.discopopTau() * (exponential - m * logistic) - n * sigma(-x) - exponential;
    return byDelta(pair, config, n * logistic + exponential, slope);
  }

  /** −L(β (s_w/|y_w| − s_l/|y_l|)): per-token DPO (Lambert et al. 2024, arXiv:2411.15124). */
  static LossAndGradient sigmoidNorm(SequenceLogps pair, LossConfig config) {
    double b = config.beta();
    double z = b * normalisedDelta(pair, config);
    return byNormalisedDelta(pair, config, -logSigma(z), -b * sigma(-z));
  }

  /**
   * −L(β (log π_w/|y_w| − log π_l/|y_l|) − γ): SimPO (Meng et al. 2024, arXiv:2405.14734, eq. 6).
   */
  static LossAndGradient simpo(SequenceLogps pair, LossConfig config) {
    double b = config.beta();
    double gap =
        pair.policyChosen() / pair.chosenLength() - pair.policyRejected() / pair.rejectedLength();
    double z = b * gap - config.simpoGamma();
    double slope = -b * sigma(-z);
    return new LossAndGradient(
        -logSigma(z), slope / pair.chosenLength(), -slope / pair.rejectedLength());
  }

  private static double delta(SequenceLogps pair, LossConfig config) {
    return chosenScore(pair, config).value() - rejectedScore(pair, config).value();
  }

  private static double normalisedDelta(SequenceLogps pair, LossConfig config) {
    return chosenScore(pair, config).value() / pair.chosenLength()
        - rejectedScore(pair, config).value() / pair.rejectedLength();
  }

  /** Applies the chain rule to {@code slope}, the derivative of the loss with respect to βΔ. */
  private static LossAndGradient byDelta(
      SequenceLogps pair, LossConfig config, double loss, double slope) {
    double b = config.beta();
    return new LossAndGradient(
        loss,
        b * slope * chosenScore(pair, config).derivative(),
        -b * slope * rejectedScore(pair, config).derivative());
  }

  /** The same for a slope with respect to s_w/|y_w| − s_l/|y_l|. */
  private static LossAndGradient byNormalisedDelta(
      SequenceLogps pair, LossConfig config, double loss, double slope) {
    return new LossAndGradient(
        loss,
        slope * chosenScore(pair, config).derivative() / pair.chosenLength(),
        -slope * rejectedScore(pair, config).derivative() / pair.rejectedLength());
  }

  private static ValueAndDerivative chosenScore(SequenceLogps pair, LossConfig config) {
    return config.divergence().score(pair.chosenLogRatio(), config.divergenceAlpha());
  }

  private static ValueAndDerivative rejectedScore(SequenceLogps pair, LossConfig config) {
    return config.divergence().score(pair.rejectedLogRatio(), config.divergenceAlpha());
  }
}
