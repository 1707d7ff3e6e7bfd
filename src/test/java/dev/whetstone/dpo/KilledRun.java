package dev.whetstone.dpo;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.dpo.network.NetworkSettings;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/**
 * A process that trains with a checkpoint at every step and prints each step; it may be killed at
 * any time.
 */
final class KilledRun {
  private KilledRun() {}

  /** Arguments: the model's directory, the run's directory. */
  public static void main(String... arguments) throws IOException {
    GoldenRun golden = GoldenRun.read("train-tiny-sigmoid");
    TrainingJob job =
        new TrainingJob(
            ModelDirectory.open(Path.of(arguments[0])),
            golden.pairs().subList(0, 40),
            golden.pairs().subList(40, 48),
            TrainConfigFile.read(
                """
                {"learning_rate": 0.003, "batch_size": 8, "epochs": 2, "shuffle": true,
                 "lora_rank": 8, "lora_alpha": 16, "token_budget": 200, "eval_steps": 3,
                 "kl_budget": 50}
                """,
                TrainConfig.plain()),
            null,
            Path.of(arguments[1]),
            true);
    new Trainer(
            new TrainerOptions(
                NetworkSettings.exact(2),
                Duration.ZERO,
                ReferenceCache.NONE,
                InstantSource.system(),
                "test"))
        .run(job, new Printer());
  }

  private static final class Printer implements TrainingListener {
    @Override
    public void onReferenceProgress(int done, int all) {
      System.out.println("reference " + done);
    }

    @Override
    public void onStep(StepMetrics step) {
      System.out.println("step " + step.step());
    }
  }
}
