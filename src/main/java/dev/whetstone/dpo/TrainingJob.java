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
 * What one run of the trainer is asked to do.
 *
 * @param base whose weights are the frozen reference
 * @param train pairs with ids of their own, at least one
 * @param heldOut pairs that judge the policy, none of them trained on
 * @param init adapter that training starts from; null for a fresh one
 * @param directory where checkpoints, metrics and the result are written
 * @param resume goes on from the directory's checkpoint, if it has one, to the same result as an
 *     uninterrupted run
 */
public record TrainingJob(
    ModelDirectory base,
    List<TokenPair> train,
    List<TokenPair> heldOut,
    TrainConfig config,
    @Nullable LoraAdapter init,
    Path directory,
    boolean resume) {
  public TrainingJob {
    train = List.copyOf(train);
    heldOut = List.copyOf(heldOut);
    Checks.require(!train.isEmpty(), "there are no pairs to train on");
    Set<String> ids = new HashSet<>();
    for (List<TokenPair> part : List.of(train, heldOut)) {
      for (TokenPair pair : part) {
        Checks.require(ids.add(pair.id()), "pair " + pair.id() + " is there twice");
      }
    }
  }
}
