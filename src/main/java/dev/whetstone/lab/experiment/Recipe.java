package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.config.ValidationConfig;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.ValidationSplit;
import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.weights.ModelConfig;
import java.util.List;
import java.util.OptionalInt;

/**
 * How an arm trains: the settings of the running loop, but for what is said.
 *
 * @param settings by the names of {@code ./whetstone train --config}, as JSON
 * @param budget whether the KL budget and the held-out pairs choose the result, as in the loop;
 *     otherwise it is the last policy
 * @param rated whether it takes ratings of single answers; a pair is then one of each of its two
 */
record Recipe(String name, String settings, boolean budget, boolean rated) {
  /** The loop's own settings. */
  static final Recipe LOOP = new Recipe("recipe of the loop", "{}", true);

  /** One that takes pairs. */
  Recipe(String name, String settings, boolean budget) {
    this(name, settings, budget, /* rated= */ false);
  }

  /**
   * What a run is given.
   *
   * @param config with the rate and the epochs for that many examples
   */
  record Plan(
      List<TokenPair> train,
      List<RatedCompletion> ratings,
      List<TokenPair> validation,
      TrainConfig config) {}

  /**
   * Trains on pairs; a tenth of them, by whole questions, is held out. A recipe of ratings trains
   * on all their answers.
   */
  Plan ofPairs(ModelConfig base, List<TokenPair> pairs, long seed) {
    if (rated) {
      return ofRatings(base, pairs.stream().flatMap(RatedCompletion::ofPair).toList(), seed);
    }
    double share = TrainConfig.online(base, pairs.size()).validation().share();
    ValidationSplit<TokenPair> split = ValidationSplit.of(pairs, share);
    return new Plan(
        split.train(), List.of(), split.validation(), config(base, split.train().size(), seed));
  }

  /** Trains on ratings alone. */
  Plan ofRatings(ModelConfig base, List<RatedCompletion> ratings, long seed) {
    return new Plan(List.of(), ratings, List.of(), config(base, ratings.size(), seed));
  }

  private TrainConfig config(ModelConfig base, int examples, long seed) {
    TrainConfig own = TrainConfigFile.read(settings, TrainConfig.online(base, examples));
    TrainConfig seeded = TrainConfigFile.read("{\"seed\": %d}".formatted(seed), own);
    return budget ? seeded : withoutStops(seeded);
  }

  private static TrainConfig withoutStops(TrainConfig config) {
    return new TrainConfig(
        config.loss(),
        config.optimizer(),
        config.weights(),
        config.computeDtype(),
        config.batch(),
        new ValidationConfig(
            config.validation().share(), OptionalInt.of(0), config.validation().klTemperature()),
        EarlyStopping.off());
  }
}
