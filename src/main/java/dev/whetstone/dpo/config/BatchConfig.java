package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

/**
 * Which pairs make up a batch, and how it is split into micro-batches.
 *
 * @param batchSize pairs per update
 * @param length of the run, in updates or epochs
 * @param seed of the order of pairs and of fresh LoRA factors
 * @param shuffle draws a new order for every epoch; otherwise pairs keep the order they are given
 *     in
 * @param maxLength maximum tokens of a prompt and its completion together; completions are cut
 * @param tokenBudget maximum tokens of a micro-batch, without padding and with each pair's prompt
 *     counted once; a larger pair is a micro-batch of its own
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
