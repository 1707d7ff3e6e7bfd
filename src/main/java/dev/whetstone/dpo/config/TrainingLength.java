package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

/** The length of a run. */
public sealed interface TrainingLength {
  /**
   * The updates of a run over the given number of pairs; the last batch of an epoch may be smaller.
   */
  int steps(int pairs, int batchSize);

  /** A number of updates, over as many epochs as they take. */
  record Steps(int steps) implements TrainingLength {
    public Steps {
      require(steps > 0, "steps must be positive");
    }

    @Override
    public int steps(int pairs, int batchSize) {
      return steps;
    }
  }

  /** Passes over the training pairs; with a fraction the run ends within a pass. */
  record Epochs(double epochs) implements TrainingLength {
    public Epochs {
      require(epochs > 0 && epochs <= 1000, "epochs must be in (0, 1000]");
    }

    @Override
    public int steps(int pairs, int batchSize) {
      return (int) Math.ceil(epochs * Math.ceilDiv(pairs, batchSize));
    }
  }
}
