package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

import java.util.OptionalInt;

/**
 * The pairs a run is judged by.
 *
 * @param share of conversations held out of training, in [0, 0.5]
 * @param everySteps updates between two evaluations; 0 evaluates at the end alone, empty leaves it
 *     to the number of pairs
 */
public record ValidationConfig(double share, OptionalInt everySteps) {
  private static final int FEWEST_STEPS = 6;

  /**
   * How many pairs are trained on for one that is looked at. A look is a forward pass, a third of
   * what training costs.
   */
  private static final int TRAINED_A_LOOK = 2;

  public ValidationConfig {
    require(share >= 0 && share <= 0.5, "eval_share must be in [0, 0.5]");
    require(everySteps.orElse(0) >= 0, "eval_steps must not be negative");
  }

  /** Updates between two evaluations of so many pairs; 0 evaluates at the end alone. */
  public int everySteps(int heldOut, int batchSize) {
    return everySteps.orElse(
        Math.max(FEWEST_STEPS, Math.ceilDiv(TRAINED_A_LOOK * heldOut, batchSize)));
  }
}
