package dev.whetstone.training.worker;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelConfig;
import java.time.Duration;
import java.util.Optional;

/**
 * How many pairs a run would take if it began now, and what cuts the pool to that. The caps on one
 * user and one prompt are left out, so a run may take fewer.
 *
 * @param pairs that it would train on
 * @param of votes of the train part
 * @param maxPairs at most, whatever the time
 * @param maxDuration of a run
 * @param secondsPerToken that a run takes for each token it trains on
 * @param measured by earlier runs; else estimated from the model's size
 */
public record NextRun(
    long pairs,
    long of,
    int maxPairs,
    Duration maxDuration,
    double secondsPerToken,
    boolean measured) {
  /** Estimates it from the newest votes. */
  public static NextRun estimate(
      TrainingVotes votes, TrainingRunStore runs, TrainerConfig trainer, ModelConfig base) {
    TrainingVotes.Sizes pool =
        votes.trainSizes(runs.history().considered().forgottenUntil(), trainer.maxPairs());
    Optional<Double> measured = runs.history().secondsPerToken();
    TimeBudget budget = TimeBudget.of(trainer.maxDuration(), measured, base);
    return new NextRun(
        pool.votes() == 0 ? 0 : fitting(pool, budget, trainer, base),
        pool.all(),
        trainer.maxPairs(),
        trainer.maxDuration(),
        budget.secondsPerToken(),
        measured.isPresent());
  }

  private static long fitting(
      TrainingVotes.Sizes pool, TimeBudget budget, TrainerConfig trainer, ModelConfig base) {
    int pairs = (int) pool.votes();
    double tokensOfPair = Math.max(1, (double) pool.tokens() / pairs);
    TrainConfig config = config(trainer, base, pairs, budget.maxEpochs(pool.tokens()));
    long fit = (long) (budget.tokens(config, pairs) / tokensOfPair);
    return Math.max(1, Math.min(pairs, fit));
  }

  // Wrong settings fail a run, which tells so; here the recipe stands for them.
  private static TrainConfig config(
      TrainerConfig trainer, ModelConfig base, int pairs, double maxEpochs) {
    TrainConfig recipe = TrainConfig.online(base, pairs, maxEpochs);
    try {
      return TrainConfigFile.read(trainer.settings(), recipe);
    } catch (IllegalArgumentException wrong) {
      return recipe;
    }
  }

  /** Whether time, not the number of votes, bounds it. */
  public boolean isCut() {
    return pairs < Math.min(of, maxPairs);
  }
}
