package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

/**
 * The factor of the learning rate at each step, as in Transformers' schedulers.
 *
 * @param kind of decay after the warm-up
 * @param warmupSteps over which the factor rises linearly from 0
 * @param totalSteps of the run, at which a linear or cosine schedule reaches 0
 */
public record LearningRateSchedule(LrScheduler kind, int warmupSteps, int totalSteps) {
  public LearningRateSchedule {
    require(warmupSteps >= 0, "warmup_steps must not be negative");
    require(totalSteps > 0, "a run has at least one step");
  }

  /**
   * The factor of the peak learning rate.
   *
   * @param step counted from 0
   */
  public double factor(int step) {
    if (step < warmupSteps) {
      return (double) step / warmupSteps;
    }
    int decay = Math.max(1, totalSteps - warmupSteps);
    double remaining = Math.max(0, (double) (totalSteps - step) / decay);
    return switch (kind) {
      case CONSTANT -> 1;
      case LINEAR -> remaining;
      case COSINE -> (1 + Math.cos(Math.PI * (1 - remaining))) / 2;
    };
  }
}
