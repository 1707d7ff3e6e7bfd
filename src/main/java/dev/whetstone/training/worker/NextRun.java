package dev.whetstone.training.worker;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.feedback.TrainingRatings;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelConfig;
import java.time.Duration;
import java.util.Optional;

/**
 * How many pairs and ratings a run would take if it began now, and what cuts the pool to that. The
 * caps on one user, one prompt and edits are left out, so a run may take fewer.
 *
 * @param pairs that it would train on
 * @param of votes of the train part
 * @param ratings that it would train on, in the time that the pairs leave
 * @param ofRatings ratings of the train part
 * @param maxPairs at most, whatever the time
 * @param maxDuration of a run
 * @param secondsPerToken that a run takes for each token it trains on
 * @param measured by earlier runs; else estimated from the model's size
 */
public record NextRun(
    long pairs,
    long of,
    long ratings,
    long ofRatings,
    int maxPairs,
    Duration maxDuration,
    double secondsPerToken,
    boolean measured) {
  /** Estimates it from the newest votes and ratings. */
  public static NextRun estimate(
      TrainingVotes votes, TrainingRunStore runs, TrainerConfig trainer, ModelConfig base) {
    TrainingVotes.Sizes rated =
        new TrainingRatings(runs.database(), runs.baseHash()).trainSizes(trainer.maxPairs());
    TrainingVotes.Sizes pool =
        votes.trainSizes(runs.history().considered().forgottenUntil(), trainer.maxPairs());
    Optional<Double> measured = runs.history().secondsPerToken();
    TimeBudget budget = TimeBudget.of(trainer.maxDuration(), measured, base);
    long tokens = fittingTokens(pool, rated, budget, trainer, base);
    long pairs = fitting(pool, tokens, 1);
    long left = pairs == 0 ? tokens : (long) (tokens - pairs * tokensOfOne(pool));
    return new NextRun(
        pairs,
        pool.all(),
        fitting(rated, left, pairs == 0 ? 1 : 0),
        rated.all(),
        trainer.maxPairs(),
        trainer.maxDuration(),
        budget.secondsPerToken(),
        measured.isPresent());
  }

  /** The tokens for which a run on all of it has time. */
  private static long fittingTokens(
      TrainingVotes.Sizes pool,
      TrainingVotes.Sizes rated,
      TimeBudget budget,
      TrainerConfig trainer,
      ModelConfig base) {
    int examples = (int) (pool.votes() + rated.votes());
    double maxEpochs = budget.maxEpochs(pool.tokens() + rated.tokens());
    return examples == 0 ? 0 : budget.tokens(config(trainer, base, examples, maxEpochs), examples);
  }

  private static long fitting(TrainingVotes.Sizes sizes, long tokens, int least) {
    return Math.min(sizes.votes(), Math.max(least, (long) (tokens / tokensOfOne(sizes))));
  }

  private static double tokensOfOne(TrainingVotes.Sizes sizes) {
    return Math.max(1, (double) sizes.tokens() / Math.max(1, sizes.votes()));
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
    return pairs < Math.min(of, maxPairs) || ratings < Math.min(ofRatings, maxPairs);
  }
}
