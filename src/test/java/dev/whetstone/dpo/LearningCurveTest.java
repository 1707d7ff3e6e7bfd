package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.ValidationSplit;
import dev.whetstone.dpo.evaluation.EarlyStopping;
import dev.whetstone.dpo.evaluation.StepMetrics;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.Reviews;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Prints reward and KL over a run's updates: {@code ./test -Dtest=LearningCurveTest -Dcurve}. */
@EnabledIfSystemProperty(named = "curve", matches = ".*")
class LearningCurveTest {
  private static final int EVERY = 18;
  private static final int ANSWERS = 256;
  private static final int VOTES = 200;
  private static final long[] SEEDS = {1, 2, 3};

  @TempDir Path directory;

  @Test
  void theRecipeStaysNearTheReferenceWherePlainDpoDoesNot() throws IOException {
    ModelDirectory tiny = TestModels.tiny();
    TrainConfig recipe = withoutEarlyStopping(TrainConfig.online(tiny.config(), 200));
    TrainConfig plain =
        TrainConfigFile.read("{\"loss_type\": \"sigmoid\", \"batch_size\": 16}", recipe);
    try (Reviews reviews = new Reviews(tiny)) {
      double recipeKl = 0;
      double plainKl = 0;
      for (long seed : SEEDS) {
        List<TokenPair> votes = reviews.pairs(VOTES, new SplittableRandom(seed));
        recipeKl += run("recipe", seed, tiny, reviews, votes, recipe);
        plainKl += run("plain DPO", seed, tiny, reviews, votes, plain);
      }
      assertThat(recipeKl).isLessThan(plainKl);
    }
  }

  /** The last KL of a run that is stopped, sampled from and resumed every few updates. */
  private double run(
      String name,
      long seed,
      ModelDirectory tiny,
      Reviews reviews,
      List<TokenPair> votes,
      TrainConfig config)
      throws IOException {
    ValidationSplit<TokenPair> split = ValidationSplit.of(votes, config.validation().share());
    Trainer trainer =
        new Trainer(TrainerOptions.exact(2, InstantSource.system(), "learning curve"));
    Path run = directory.resolve(name + seed);
    TrainingOutcome outcome;
    double kl;
    int until = 0;
    do {
      until += EVERY;
      outcome =
          trainer.run(
              new TrainingJob(
                  tiny, split.train(), split.validation(), config, null, run, until > EVERY),
              new Until(until));
      LoraAdapter adapter = Objects.requireNonNull(outcome.adapter());
      Reviews.Quality quality =
          reviews.measure(
              new Policy("v" + until, PeftFiles.hash(adapter), adapter),
              ANSWERS,
              new SplittableRandom(-seed));
      kl = quality.kl();
      System.out.printf(
          "CURVE %s seed %d step %d reward %.3f kl %.2f tokens %.1f estimate %.2f%n",
          name,
          seed,
          outcome.step(),
          quality.reward(),
          kl,
          quality.tokens(),
          Objects.requireNonNull(outcome.metrics()).kl());
    } while (outcome.ending() == TrainingOutcome.Ending.CANCELLED);
    return kl;
  }

  private static TrainConfig withoutEarlyStopping(TrainConfig config) {
    return new TrainConfig(
        config.loss(),
        config.optimizer(),
        config.weights(),
        config.computeDtype(),
        config.batch(),
        config.validation(),
        EarlyStopping.off());
  }

  /** Cancels a run at a given update. */
  private static final class Until implements TrainingListener {
    private final int step;
    private int at;

    Until(int step) {
      this.step = step;
    }

    @Override
    public void onStep(StepMetrics metrics) {
      at = metrics.step();
    }

    @Override
    public boolean isCancelled() {
      return at >= step;
    }
  }
}
