package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainConfig;
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
 * @param train pairs to train on, at least one; ids are unique over both lists
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
    List<TokenPair> validation,
    TrainConfig config,
    @Nullable LoraAdapter init,
    @Nullable LoraAdapter champion,
    Path directory,
    boolean resume) {
  /** A job beside no champion but the base. */
  public TrainingJob(
      ModelDirectory base,
      List<TokenPair> train,
      List<TokenPair> validation,
      TrainConfig config,
      @Nullable LoraAdapter init,
      Path directory,
      boolean resume) {
    this(base, train, validation, config, init, null, directory, resume);
  }

  public TrainingJob {
    train = List.copyOf(train);
    validation = List.copyOf(validation);
    Checks.require(!train.isEmpty(), "there are no pairs to train on");
    Set<String> ids = new HashSet<>();
    for (List<TokenPair> part : List.of(train, validation)) {
      for (TokenPair pair : part) {
        Checks.require(ids.add(pair.id()), "pair " + pair.id() + " occurs twice");
      }
    }
  }
}
