package dev.whetstone.training.worker;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainingLength;
import dev.whetstone.weights.ModelConfig;
import java.time.Duration;
import java.util.Optional;

/**
 * How many tokens a run may train on in its time, each counted as often as it is trained on.
 *
 * @param secondsPerToken as earlier runs measured it
 */
record TimeBudget(Duration limit, double secondsPerToken) {
  /** Before anything was measured: a core's arithmetic, and what each token costs besides. */
  private static final double OPERATIONS_PER_SECOND = 1e11;

  private static final double OPERATIONS_PER_WEIGHT = 6;
  private static final double OVERHEAD = 1e-4;

  /** A budget by what earlier runs measured, or by the model's size before the first. */
  static TimeBudget of(Duration limit, Optional<Double> measured, ModelConfig base) {
    return new TimeBudget(limit, measured.orElseGet(() -> estimate(base)));
  }

  private static double estimate(ModelConfig base) {
    double width = base.hiddenSize();
    double layer = width * (4 * width + 3.0 * base.activeIntermediateSize());
    double weights = base.layers() * layer + base.vocabularySize() * width;
    return OVERHEAD + OPERATIONS_PER_WEIGHT * weights / OPERATIONS_PER_SECOND;
  }

  /**
   * The tokens of pairs that fit, each trained on as often as there are epochs.
   *
   * @param pairs that the settings are for
   */
  long tokens(TrainConfig config, int pairs) {
    double passes =
        switch (config.batch().length()) {
          case TrainingLength.Epochs(double epochs) -> epochs;
          case TrainingLength.Steps(int steps) ->
              (double) steps * config.batch().batchSize() / pairs;
        };
    return Math.round(tokens() / Math.max(1, passes));
  }

  /** How often there is time to train on pairs of so many tokens. */
  double maxEpochs(long tokensOfPairs) {
    return tokens() / Math.max(1, tokensOfPairs);
  }

  private double tokens() {
    return limit.toMillis() / 1e3 / secondsPerToken;
  }
}
