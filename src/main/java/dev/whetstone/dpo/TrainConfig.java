package dev.whetstone.dpo;

import java.util.Set;

/** Everything that, with base, pairs and first adapter, decides what a run gives. */
public record TrainConfig(
    LossConfig loss,
    OptimizerConfig optimizer,
    TrainedWeights weights,
    BatchConfig batch,
    HeldOutConfig heldOut,
    GuardRails guardRails) {

  /**
   * TRL's defaults with LoRA on every linear layer: one epoch in the given order, nothing held out.
   */
  public static TrainConfig plain() {
    return new TrainConfig(
        LossConfig.sigmoid(),
        new OptimizerConfig(1e-4, LrScheduler.LINEAR, 0, 1, 0, 0.9, 0.999, 1e-8),
        new TrainedWeights.Lora(16, 32, Set.copyOf(TrainedWeights.LAYERS)),
        new BatchConfig(8, new RunLength.Epochs(1), 42, false, 1024, 2048),
        new HeldOutConfig(0, 0),
        GuardRails.off());
  }

  /** What on-line rounds run with: held-out pairs and a KL budget decide when to stop. */
  public static TrainConfig online() {
    TrainConfig plain = plain();
    return new TrainConfig(
        plain.loss,
        plain.optimizer,
        plain.weights,
        new BatchConfig(16, new RunLength.Epochs(3), 42, true, 1024, 2048),
        new HeldOutConfig(0.1, 2),
        new GuardRails(5, 5, -0.5, 0.8, 1.25));
  }

  /** The schedule of a run over this many training pairs. */
  public Schedule schedule(int pairs) {
    return new Schedule(
        optimizer.scheduler(),
        optimizer.warmupSteps(),
        batch.length().steps(pairs, batch.batchSize()));
  }
}
