package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

import java.util.OptionalInt;

/**
 * The pairs that a run is evaluated on, and when.
 *
 * @param share of the pairs kept out of training, by whole conversations, in [0, 0.5]
 * @param evalSteps updates between two evaluations; 0 evaluates at the end only, empty derives the
 *     interval from the number of pairs
 * @param klTemperature at which the answers are sampled that the KL is measured on: that of the
 *     answers which users are shown
 */
public record ValidationConfig(double share, OptionalInt evalSteps, double klTemperature) {
  private static final int MIN_STEPS = 6;

  /**
   * Pairs trained on for each pair evaluated. An evaluation is a forward pass, a third of the cost
   * of training on the pair.
   */
  private static final int TRAINED_PER_EVALUATED = 2;

  public ValidationConfig {
    require(share >= 0 && share <= 0.5, "eval_share must be in [0, 0.5]");
    require(evalSteps.orElse(0) >= 0, "eval_steps must not be negative");
    require(klTemperature > 0 && klTemperature <= 10, "kl_temperature must be in (0, 10]");
  }

  /** Updates between two evaluations of the given number of pairs; 0 evaluates at the end only. */
  public int evalSteps(int pairs, int batchSize) {
    return evalSteps.orElse(
        Math.max(MIN_STEPS, Math.ceilDiv(TRAINED_PER_EVALUATED * pairs, batchSize)));
  }
}
