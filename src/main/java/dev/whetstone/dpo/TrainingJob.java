package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.Example;
import dev.whetstone.dpo.data.RatedCompletion;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.settings.Checks;
import dev.whetstone.weights.ModelDirectory;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of one training run.
 *
 * @param base model whose weights are the frozen reference
 * @param train pairs to train on; ids are unique over all lists
 * @param ratings completions that were rated by themselves, to train on beside the pairs
 * @param validation pairs that the policy is evaluated on, none of them trained on
 * @param init adapter that training starts from; null starts from a new one
 * @param champion adapter that serves, which the KL budget and the comparison of validation pairs
 *     refer to; null is the base alone
 * @param directory for checkpoints, metrics and the result
 * @param resume continues from the directory's checkpoint, if it has one; the result has the same
 *     bits as that of an uninterrupted run
 */
public record TrainingJob(
    ModelDirectory base,
    List<TokenPair> train,
    List<RatedCompletion> ratings,
    List<TokenPair> validation,
    TrainConfig config,
    @Nullable LoraAdapter init,
    @Nullable LoraAdapter champion,
    Path directory,
    boolean resume) {
  /** A job on pairs alone, beside no champion but the base. */
  public TrainingJob(
      ModelDirectory base,
      List<TokenPair> train,
      List<TokenPair> validation,
      TrainConfig config,
      @Nullable LoraAdapter init,
      Path directory,
      boolean resume) {
    this(base, train, List.of(), validation, config, init, null, directory, resume);
  }

  public TrainingJob {
    train = List.copyOf(train);
    ratings = List.copyOf(ratings);
    validation = List.copyOf(validation);
    Checks.require(
        !train.isEmpty() || !ratings.isEmpty(), "there are no pairs or ratings to train on");
    Checks.require(
        !config.loss().mix().isEmpty() || (train.isEmpty() && validation.isEmpty()),
        "loss_type names no loss for pairs");
    Set<String> ids = new HashSet<>();
    for (List<? extends Example> part : List.of(train, ratings, validation)) {
      for (Example example : part) {
        Checks.require(ids.add(example.id()), "pair " + example.id() + " occurs twice");
      }
    }
  }

  /** Number of examples that the run trains on. */
  public int examples() {
    return train.size() + ratings.size();
  }

  /** The pairs whose scores an export is checked with: validation pairs, or what is trained on. */
  public List<TokenPair> probes() {
    if (!validation.isEmpty()) {
      return validation;
    }
    return train.isEmpty() ? ratings.stream().map(RatedCompletion::asProbe).toList() : train;
  }
}
