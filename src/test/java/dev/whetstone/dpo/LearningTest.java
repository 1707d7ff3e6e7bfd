package dev.whetstone.dpo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.dpo.config.TrainConfig;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.dpo.data.ValidationSplit;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Trains on 200 votes: answers are sampled from the reference, judged and trained on, then the
 * result is sampled.
 */
@Tag("slow")
class LearningTest {
  private static final int VOTES = 200;
  private static final int ANSWERS = 512;

  // CPUs round differently, and 184 updates carry that far: by seed and CPU 0.77 to 0.89, 2.9 to
  // 4.9 nats.
  private static final double LEAST_REWARD = 0.7;
  private static final double MOST_KL = 6;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void twoHundredVotesTurnTheTinyModelWithoutBreakingIt(long seed) throws IOException {
    ModelDirectory tiny = TestModels.tiny();
    try (Reviews reviews = new Reviews(tiny)) {
      SplittableRandom random = new SplittableRandom(seed);
      Reviews.Quality before = reviews.measure(reviews.base(), ANSWERS, random);
      List<TokenPair> votes = reviews.pairs(VOTES, random);

      TrainingOutcome outcome = train(tiny, votes);

      Reviews.Quality after = reviews.measure(policy(outcome), ANSWERS, random);
      System.out.printf(
          "seed %d: reference %s, %s after %d updates (%s), held out: %s%n",
          seed, before, after, outcome.step(), outcome.ending(), outcome.metrics());
      assertThat(before.reward()).isBetween(-0.15, 0.15);
      assertThat(after.reward()).isGreaterThanOrEqualTo(LEAST_REWARD);
      assertThat(after.kl()).isLessThan(MOST_KL);
      assertThat(after.tokens() / before.tokens()).isBetween(0.8, 1.25);
    }
  }

  private TrainingOutcome train(ModelDirectory tiny, List<TokenPair> votes) throws IOException {
    TrainConfig config = TrainConfig.online(tiny.config(), 200);
    ValidationSplit<TokenPair> split = ValidationSplit.of(votes, config.validation().share());
    TrainingJob job =
        new TrainingJob(tiny, split.train(), split.validation(), config, null, directory, false);
    return new Trainer(TrainerOptions.exact(2, InstantSource.system(), "test"))
        .run(job, TrainingListener.NO_OP);
  }

  private static Policy policy(TrainingOutcome outcome) {
    LoraAdapter adapter = Objects.requireNonNull(outcome.adapter());
    return new Policy("v1", PeftFiles.hash(adapter), adapter);
  }
}
