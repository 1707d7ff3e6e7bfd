package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) and its learning rate.
 *
 * @param learningRate at the peak of the schedule
 * @param scheduler of the decay after the warm-up
 * @param warmupSteps updates over which it rises from 0; below 1, as in Transformers, the share of
 *     the run's updates
 * @param maxGradNorm global L2 norm that gradients are clipped to; 0 turns clipping off
 * @param weightDecay decoupled λ; each update multiplies weights by 1 − learning rate · λ
 * @param epsilon added to the root of the second moment, after its bias correction
 */
public record OptimizerConfig(
    double learningRate,
    LrScheduler scheduler,
    double warmupSteps,
    double maxGradNorm,
    double weightDecay,
    double beta1,
    double beta2,
    double epsilon) {
  public OptimizerConfig {
    require(learningRate > 0 && learningRate <= 1, "learning_rate must be in (0, 1]");
    require(warmupSteps >= 0, "warmup_steps must not be negative");
    require(
        warmupSteps < 1 || warmupSteps == (int) warmupSteps,
        "warmup_steps must be a whole number, or a share of the steps in [0, 1)");
    require(maxGradNorm >= 0, "max_grad_norm must not be negative");
    require(weightDecay >= 0 && weightDecay < 1, "weight_decay must be in [0, 1)");
    require(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "adam_betas must be in [0, 1)");
    require(epsilon > 0 && epsilon < 1, "adam_epsilon must be in (0, 1)");
  }

  /** Warm-up updates of a run with the given total number of updates. */
  int warmup(int steps) {
    return (int) (warmupSteps < 1 ? Math.ceil(steps * warmupSteps) : warmupSteps);
  }
}
