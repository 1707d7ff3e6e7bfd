package dev.whetstone.dpo;

import dev.whetstone.dpo.data.Truncation;

/**
 * What a run is given before its network opens.
 *
 * @param options with the arithmetic that the run chose
 * @param train the training pairs that fit
 * @param validation the validation pairs that fit
 * @param directory the run's folder
 * @param estimator of the KL to the base
 * @param champion what the adapter that serves now scores on the validation pairs
 */
record TrainingInputs(
    TrainingJob job,
    TrainerOptions options,
    Truncation train,
    Truncation validation,
    RunDirectory directory,
    OnPolicyKlEstimator estimator,
    PolicyScorer.Champion champion) {}
