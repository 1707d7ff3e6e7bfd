package dev.whetstone.dpo;

import static dev.whetstone.dpo.Require.require;

/**
 * The pairs a run is judged by.
 *
 * @param share of conversations held out of training, in [0, 0.5]
 * @param everySteps updates between two evaluations; 0 evaluates at the end alone
 */
public record HeldOutConfig(double share, int everySteps) {
  public HeldOutConfig {
    require(share >= 0 && share <= 0.5, "eval_share must be in [0, 0.5]");
    require(everySteps >= 0, "eval_steps must not be negative");
  }
}
