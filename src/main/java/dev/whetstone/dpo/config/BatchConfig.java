package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

/**
 * Which pairs make up a batch and how it is cut.
 *
 * @param batchSize pairs per update
 * @param length of the run
 * @param seed of the order of pairs and of fresh LoRA factors
 * @param shuffle draws a new order for every epoch; otherwise pairs come in the order they are
 *     given
 * @param maxLength most tokens of prompt and completion
 * @param tokenBudget most tokens of a micro-batch, a pair's prompt counted once; a larger pair runs
 *     alone
 */
public record BatchConfig(
    int batchSize,
    TrainingLength length,
    long seed,
    boolean shuffle,
    int maxLength,
    int tokenBudget) {
  public BatchConfig {
    require(batchSize >= 1 && batchSize <= 65_536, "batch_size must be in [1, 65536]");
    require(maxLength >= 2, "max_length must be at least 2");
    require(tokenBudget >= 1, "token_budget must be positive");
  }
}
