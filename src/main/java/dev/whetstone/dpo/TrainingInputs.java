package dev.whetstone.dpo;

import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.Truncation;
import java.util.List;

/**
 * What a run is given before its network opens.
 *
 * @param options with the arithmetic that the run chose
 * @param train the training pairs that fit
 * @param ratings the ratings that fit, each with a mismatched completion
 * @param validation the validation pairs that fit
 * @param directory the run's folder
 * @param estimator of the KL to the base
 * @param champion what the adapter that serves now scores on the validation pairs
 */
record TrainingInputs(
    TrainingJob job,
    TrainerOptions options,
    Truncation train,
    List<RatedCompletion> ratings,
    Truncation validation,
    RunDirectory directory,
    OnPolicyKlEstimator estimator,
    PolicyScorer.Champion champion) {
  /** Number of examples that are trained on. */
  int examples() {
    return train.pairs().size() + ratings.size();
  }

  /** The first pairs that an export is checked with, of a run without validation pairs. */
  List<TokenPair> trainProbes(int max) {
    List<TokenPair> all =
        train.pairs().isEmpty()
            // As the job's probes have them: the mismatched completion is the trainer's alone.
            ? ratings.stream().map(RatedCompletion::asProbe).toList()
            : train.pairs();
    return all.subList(0, Math.min(max, all.size()));
  }
}
