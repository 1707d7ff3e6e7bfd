package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

import java.util.List;
import java.util.Set;

/** The weights that a run trains. */
public sealed interface TrainedWeights {
  /** Names of the linear layers of a block, as in {@code target_modules}. */
  List<String> LAYERS = List.of("q", "k", "v", "o", "gate", "up", "down");

  /**
   * Low-rank factors beside frozen weights (Hu et al. 2021).
   *
   * @param alpha numerator of the scaling alpha / rank
   * @param targets names of {@link #LAYERS}
   */
  record Lora(int rank, double alpha, Set<String> targets) implements TrainedWeights {
    public Lora {
      targets = Set.copyOf(targets);
      require(rank >= 1 && rank <= 1024, "lora_rank must be in [1, 1024]");
      require(alpha > 0 && alpha < Double.POSITIVE_INFINITY, "lora_alpha must be positive");
      require(
          !targets.isEmpty() && LAYERS.containsAll(targets),
          "target_modules must be some of " + String.join(", ", LAYERS));
    }
  }

  /** Every weight of the model. */
  record All() implements TrainedWeights {}
}
