package dev.whetstone.training.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.util.concurrent.Uninterruptibles;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.Sql;
import dev.whetstone.dpo.TrainerOptions;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.policy.AliasStore;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.Pair;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.Side;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.VoteRequest;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.testing.Reviews;
import dev.whetstone.testing.SharedPostgres;
import dev.whetstone.testing.TestModels;
import dev.whetstone.training.LearningStore;
import dev.whetstone.training.Pool;
import dev.whetstone.training.RunProgress;
import dev.whetstone.training.RunStatus;
import dev.whetstone.training.RunTrigger;
import dev.whetstone.training.TrainingRun;
import dev.whetstone.training.TrainingRunStore;
import dev.whetstone.weights.ModelDirectory;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs on votes in a real PostgreSQL with the real trainer: what one run leaves to the next. */
@Tag("database")
class LearningFromVotesTest {
  private static final ChangeContext OPERATOR = new ChangeContext("operator_1", "a test");

  @TempDir static Path home;

  private static ModelDirectory tiny;
  private static DatabaseConfig settings;
  private static Database database;
  private static TrainingRunStore runs;
  private static PolicyStore policies;
  private static TrainingVotes votes;
  private static List<TokenPair> judged;
  private static int cast;

  @BeforeAll
  static void open() throws IOException {
    tiny = TestModels.tiny();
    settings = SharedPostgres.create();
    database = new Database(settings);
    runs = new TrainingRunStore(database, tiny.hash());
    policies = new PolicyStore(database, tiny.hash());
    policies.open();
    votes = new TrainingVotes(database, tiny.hash());
    try (Reviews reviews = new Reviews(tiny)) {
      judged = reviews.pairs(260, new SplittableRandom(5));
    }
  }

  @AfterAll
  static void close() {
    database.close();
  }

  /** The whole story is one test, because each step stands on the one before. */
  @Test
  @Timeout(300)
  void votesAddUpThroughFailureRefusalPromotionAndATurnOfTaste() throws Exception {
    cast(60, true);
    assertThat(Pool.read(votes, runs).due(40)).isTrue();

    TrainingRun broken = run("{\"learning_rate\": 7}");
    assertThat(broken.status()).isEqualTo(RunStatus.FAILED);
    assertThat(broken.reason()).contains("learning_rate");
    assertThat(Pool.read(votes, runs).due(40)).as("it cost no vote").isTrue();

    TrainingRun first = run("{}");
    assertThat(first.status()).as(first.reason()).isEqualTo(RunStatus.SUCCEEDED);
    assertThat(first.parent()).isEqualTo("v0");
    long usable = votes.count(0, 0, 0).usable();
    assertThat(first.pairs() + first.validationPairs())
        .isEqualTo(votes.count(0, 0, 0).train() + votes.count(0, 0, 0).select());
    assertThat(Pool.read(votes, runs).due(40)).isFalse();
    JsonNode metrics = new ObjectMapper().readTree(first.metrics());
    assertThat(metrics.path("policy_scale").asDouble()).isBetween(0.01, 1.0);
    assertThat(metrics.path("select_pairs").asInt()).isEqualTo(first.validationPairs());

    // Nothing became of it: the next run trains on its votes again, and from the base.
    cast(60, true);
    TrainingRun second = run("{}");
    assertThat(second.status()).as(second.reason()).isEqualTo(RunStatus.SUCCEEDED);
    assertThat(second.pairs() + second.validationPairs()).isGreaterThan((int) usable);
    assertThat(second.parent()).isEqualTo("v0");
    assertThat(new ObjectMapper().readTree(second.metrics()).path("policy_kl").asDouble(0))
        .isLessThanOrEqualTo(3);

    promote(Objects.requireNonNull(second.policy()));
    Pool pool = Pool.read(votes, runs);
    assertThat(pool.counts().since()).isZero();
    assertThat(pool.counts().usable()).as("a promotion takes no vote away").isGreaterThan(usable);

    cast(50, false);
    TrainingRun turned = run("{}");
    assertThat(turned.pairs() + turned.validationPairs())
        .as("only votes of the new taste")
        .isLessThanOrEqualTo(50);
    assertThat(runs.history().considered().forgottenUntil()).isPositive();

    // In too short a time a run goes on from the champion, unless it is asked to begin anew.
    TrainingRun hurried = hurried(false);
    assertThat(hurried.parent()).as(hurried.reason()).isEqualTo(second.policy());
    TrainingRun anew = hurried(true);
    assertThat(anew.parent()).as(anew.reason()).isEqualTo("v0");
    assertThat(anew.fromBase()).isTrue();
  }

  private static TrainingRun hurried(boolean fromBase) {
    String id = runs.request(RunTrigger.CALL, "{\"steps\": 2}", fromBase, OPERATOR).run().id();
    executor(Map.of("whetstone.trainer.max-duration", "PT0.05S")).run(runs.begin(id), () -> false);
    return runs.find(id).orElseThrow();
  }

  @Test
  void aRunThatWasCancelledWhileItsResultWasStoredStaysCancelled() {
    cast(5, true);
    TrainingRunStore.Request request = runs.request(RunTrigger.CALL, "{\"steps\": 2}", OPERATOR);
    TrainingRun begun = runs.begin(request.run().id());
    runs.cancel(begun.id(), OPERATOR);

    executor().run(begun, () -> false);

    assertThat(runs.find(begun.id()).orElseThrow().status()).isEqualTo(RunStatus.CANCELLED);
  }

  @Test
  void aRunUnderWayEndsWhenAVoteOfItsIsErasedAndBeginsAgainWithoutIt() {
    cast(24, true);
    TrainingRun begun =
        runs.begin(runs.request(RunTrigger.CALL, "{\"steps\": 400}", OPERATOR).run().id());
    List<UserErasure.Report> reports = new ArrayList<>();

    executor()
        .run(
            begun,
            () -> {
              // asked between two steps
              if (reports.isEmpty() && !read(begun.id()).isEmpty()) {
                reports.add(new UserErasure(database).erase("user3", null, "operator_1"));
              }
              return false;
            });

    assertThat(reports.getFirst().votes()).isPositive();
    assertThat(reports.getFirst().runs()).containsExactly(begun.id());
    TrainingRun ended = runs.find(begun.id()).orElseThrow();
    assertThat(ended.status()).isEqualTo(RunStatus.CANCELLED);
    assertThat(ended.reason()).contains("erased", "begins again");
    assertThat(runs.reports().progressAfter(begun.id(), 0, 500))
        .as("it does not go on for nothing")
        .hasSizeLessThan(20);
    assertThat(home.resolve("training").resolve(begun.id()))
        .as("its checkpoint has learned from the vote")
        .doesNotExist();

    TrainingRun again = runs.active().orElseThrow();
    assertThat(again.config()).isEqualTo(begun.config());
    executor().run(runs.begin(again.id()), () -> true);
    runs.finish(again.id(), RunStatus.CANCELLED, OPERATOR);
    assertThat(read(again.id())).isNotEmpty().doesNotContain("user3");
  }

  /** While another session holds the run's row, no report of a step arrives in time. */
  @Test
  void stepsThatCannotBeRecordedEndNoRun() throws Exception {
    cast(24, true);
    TrainingRun begun =
        runs.begin(runs.request(RunTrigger.CALL, "{\"steps\": 20}", OPERATOR).run().id());
    DatabaseConfig impatient =
        new DatabaseConfig(
            settings.directory(),
            settings.url(),
            settings.maxConnections(),
            Duration.ofMillis(300),
            settings.acquireTimeout());
    CountDownLatch enough = new CountDownLatch(3);

    try (Database slow = new Database(impatient);
        ExecutorService holder = Executors.newSingleThreadExecutor()) {
      List<Future<?>> held = new ArrayList<>();
      new TrainingRunExecutor(
              tiny,
              TrainerOptions.exact(1, InstantSource.system(), "test"),
              new TrainingRunStore(slow, tiny.hash()),
              policies,
              config(),
              home.resolve("training"))
          .run(
              begun,
              () -> {
                // asked between two steps
                if (!held.isEmpty()) {
                  enough.countDown();
                } else if (!steps(begun).isEmpty()) {
                  held.add(hold(begun, holder, enough));
                }
                return false;
              });
      held.getFirst().get();
    }

    TrainingRun ended = runs.find(begun.id()).orElseThrow();
    assertThat(ended.status()).as(ended.reason()).isEqualTo(RunStatus.SUCCEEDED);
    int last = steps(begun).getLast();
    assertThat(steps(begun)).as("some are missing").hasSizeLessThan(last);
    assertThat(last).as("those after the wait are there").isEqualTo(20);
  }

  private static List<Integer> steps(TrainingRun run) {
    return runs.reports().progressAfter(run.id(), 0, 500).stream().map(RunProgress::step).toList();
  }

  /** Holds a run's row until a latch opens; returns when it is held. */
  private static Future<?> hold(TrainingRun run, ExecutorService holder, CountDownLatch until) {
    CountDownLatch held = new CountDownLatch(1);
    Future<?> done =
        holder.submit(
            () ->
                database.transaction(
                    connection -> {
                      Sql.list(
                          connection,
                          _ -> true,
                          "SELECT FROM training_runs WHERE run_id = ? FOR UPDATE",
                          run.id());
                      held.countDown();
                      Uninterruptibles.awaitUninterruptibly(until);
                      return true;
                    }));
    Uninterruptibles.awaitUninterruptibly(held);
    return done;
  }

  /** Whose votes a run has read. */
  private static List<String> read(String run) {
    return database.list(
        row -> row.getString(1), "SELECT user_id FROM run_preferences WHERE run_id = ?", run);
  }

  @Test
  void anAdapterThatNoGatewayWouldLoadIsNotTrained() {
    cast(5, true);
    String id = runs.request(RunTrigger.CALL, "{\"lora_rank\": 64}", OPERATOR).run().id();
    executor(Map.of("whetstone.trainer.max-adapter-size", "1M")).run(runs.begin(id), () -> false);

    TrainingRun refused = runs.find(id).orElseThrow();
    assertThat(refused.status()).isEqualTo(RunStatus.FAILED);
    // 4 layers of 64 + 64, twice 64 + 32, 64 + 64 and three times 64 + 192 inputs and outputs
    assertThat(refused.reason())
        .contains("rank 64", Integer.toString(4 * 64 * 4 * 1216), "1048576");
  }

  @Test
  void aPauseHoldsARunThatHasNotBegunWhoeverAskedForIt() {
    LearningStore learning = new LearningStore(database, tiny.hash());
    learning.pause(OPERATOR);
    String id = runs.request(RunTrigger.CALL, "{\"steps\": 1}", OPERATOR).run().id();
    TrainingWorker worker =
        new TrainingWorker(runs, votes, executor(), config(), InstantSource.system(), tiny.hash());

    assertThat(worker.step()).isFalse();

    assertThat(runs.find(id).orElseThrow().status()).isEqualTo(RunStatus.QUEUED);
    runs.cancel(id, OPERATOR);
    learning.resume(OPERATOR);
  }

  private static TrainingRun run(String config) {
    String id = runs.request(RunTrigger.CALL, config, OPERATOR).run().id();
    executor().run(runs.begin(id), () -> false);
    return runs.find(id).orElseThrow();
  }

  private static TrainingRunExecutor executor() {
    return executor(Map.of());
  }

  private static TrainingRunExecutor executor(Map<String, String> settings) {
    return new TrainingRunExecutor(
        tiny,
        TrainerOptions.exact(1, InstantSource.system(), "test"),
        runs,
        policies,
        config(settings),
        home.resolve("training"));
  }

  private static TrainerConfig config() {
    return config(Map.of());
  }

  private static TrainerConfig config(Map<String, String> settings) {
    return new SmallRyeConfigBuilder()
        .withDefaultValues(settings)
        .addDefaultInterceptors()
        .withMapping(TrainerConfig.class)
        .build()
        .getConfigMapping(TrainerConfig.class);
  }

  private static void promote(String version) {
    database.transaction(
        connection -> new AliasStore(policies).promote(connection, version, OPERATOR));
  }

  /** Votes for the judged side, or against it. */
  private static void cast(int count, boolean agreeing) {
    PreferenceLog log = new PreferenceLog(database, InstantSource.system());
    for (int i = 0; i < count; i++) {
      TokenPair pair = judged.get(cast++);
      String user = "user" + cast % 12;
      Instant now = Instant.now();
      String id = "pair_" + cast;
      log.storePair(
          new Pair(
              id,
              "key_1",
              user,
              new Pair.Prompt(
                  "prompt",
                  pair.prompt(),
                  "[{\"role\":\"user\",\"content\":\"q%d\"}]".formatted(cast)),
              side("good", pair.chosen()),
              side("bad", pair.rejected()),
              tiny.hash(),
              "{}",
              null,
              now,
              now.plusSeconds(600)));
      log.vote(
          new VoteRequest(
              "pref_" + cast,
              id,
              "key_1",
              user,
              agreeing ? new Choice.A() : new Choice.B(),
              null,
              List.of(),
              null));
    }
  }

  private static Side side(String text, int[] ids) {
    return new Side(text, ids, new float[ids.length], "stop", "v0", tiny.hash());
  }
}
