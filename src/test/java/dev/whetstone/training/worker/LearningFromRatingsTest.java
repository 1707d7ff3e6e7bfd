package dev.whetstone.training.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.testing.Reviews;
import dev.whetstone.testing.SharedPostgres;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.TestRatings;
import dev.whetstone.testing.TestRatings.Rated;
import dev.whetstone.testing.TestRatings.Rater;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.RunTrigger;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelDirectory;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run on ratings alone, in a real PostgreSQL with the real trainer at the product's settings. */
@Tag("database")
class LearningFromRatingsTest {
  private static final ChangeContext OPERATOR = new ChangeContext("operator_1", "a test");

  @TempDir Path home;

  /** Ratings of several ages have weights that no float holds exactly. */
  @Test
  @Timeout(300)
  void ratingsAloneAreTrainedOn() throws IOException {
    ModelDirectory tiny = TestModels.tiny();
    try (Database database = new Database(SharedPostgres.create());
        Reviews reviews = new Reviews(tiny)) {
      TrainingRunStore runs = new TrainingRunStore(database, tiny.hash());
      PolicyStore policies = new PolicyStore(database, tiny.hash());
      policies.open();
      List<TokenPair> judged = reviews.pairs(50, new SplittableRandom(7));
      for (int i = 0; i < judged.size(); i++) {
        TokenPair pair = judged.get(i);
        rate(database, tiny.hash(), 2 * i, pair.prompt(), pair.chosen(), "up");
        rate(database, tiny.hash(), 2 * i + 1, pair.prompt(), pair.rejected(), "down");
      }

      String id = runs.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
      new TrainingRunExecutor(
              tiny,
              TrainerOptions.exact(1, InstantSource.system(), "test"),
              runs,
              policies,
              new SmallRyeConfigBuilder()
                  .addDefaultInterceptors()
                  .withMapping(TrainerConfig.class)
                  .build()
                  .getConfigMapping(TrainerConfig.class),
              home.resolve("training"))
          .run(runs.begin(id), () -> false);

      TrainingRun run = runs.find(id).orElseThrow();
      assertThat(run.status()).as(run.reason()).isEqualTo(RunStatus.SUCCEEDED);
      assertThat(run.pairs()).as("ratings make no pairs").isZero();
      assertThat(new ObjectMapper().readTree(run.metrics()).path("policy_scale").asDouble(0))
          .isBetween(0.01, 1.0);
      assertThat(
              database
                  .first(
                      row -> row.getLong(1),
                      "SELECT count(*) FROM run_ratings WHERE run_id = ?",
                      id)
                  .orElseThrow())
          .isBetween(50L, 100L);
    }
  }

  private static void rate(
      Database database, String base, int number, int[] prompt, int[] ids, String rating) {
    TestRatings.insert(
        database,
        "gen_" + number,
        new Rater("key_1", "user" + number % 12),
        new Rated(base, base, "q" + number, prompt, ids),
        rating,
        Instant.now());
  }
}
