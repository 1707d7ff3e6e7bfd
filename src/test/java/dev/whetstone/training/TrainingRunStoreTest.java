package dev.whetstone.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.AdvisoryLock;
import dev.whetstone.database.Database;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.testing.SharedPostgres;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs in a real PostgreSQL: only one is active, however many are requested at once. */
@Tag("database")
class TrainingRunStoreTest {
  private static final ChangeContext OPERATOR = new ChangeContext("operator_1", "because");
  private static Database database;

  @BeforeAll
  static void open() {
    database = new Database(SharedPostgres.create());
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @Test
  void concurrentRequestsMakeOneRun() throws Exception {
    TrainingRunStore runs = new TrainingRunStore(database, "many-requests");
    Callable<TrainingRunStore.Request> request =
        () -> runs.request(RunTrigger.CALL, "{}", OPERATOR);
    List<TrainingRunStore.Request> answers;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      answers =
          threads.invokeAll(IntStream.range(0, 16).mapToObj(_ -> request).toList()).stream()
              .map(Future::resultNow)
              .toList();
    }

    assertThat(answers).filteredOn(TrainingRunStore.Request::created).hasSize(1);
    assertThat(answers)
        .extracting(answer -> answer.run().id())
        .containsOnly(answers.getFirst().run().id());
    assertThat(runs.page(null, 10)).hasSize(1);
  }

  /** After an erasure: what erased votes taught a champion goes no further. */
  @Test
  void oneCallBeginsWithTheBaseHoweverOftenItIsMade() {
    TrainingRunStore runs = new TrainingRunStore(database, "from-base");
    String id = runs.request(RunTrigger.VOTES, "{}", OPERATOR).run().id();
    assertThat(runs.find(id).orElseThrow().fromBase()).isFalse();

    for (int i = 0; i < 2; i++) {
      var asked = runs.request(RunTrigger.CALL, "{}", true, OPERATOR);
      assertThat(asked.created()).isFalse();
      assertThat(asked.run().id()).isEqualTo(id);
      assertThat(asked.run().fromBase()).as("it has not begun").isTrue();
    }
    assertThat(
            database.list(
                row -> row.getString(1),
                "SELECT action FROM audit WHERE subject = ? ORDER BY audit_id",
                id))
        .containsExactly("train", "train from the base");

    runs.begin(id);
    runs.finish(id, RunStatus.CANCELLED, OPERATOR);
    String plain = runs.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
    runs.begin(plain);
    assertThat(runs.request(RunTrigger.CALL, "{}", true, OPERATOR).run().fromBase())
        .as("one that has begun stays as it is")
        .isFalse();
    runs.finish(plain, RunStatus.CANCELLED, OPERATOR);
    assertThat(runs.request(RunTrigger.CALL, "{}", true, OPERATOR).created()).isTrue();
  }

  @Test
  void aRunIsFrozenOnceAndEndsOnce() {
    TrainingRunStore runs = new TrainingRunStore(database, "ends-once");
    String id = runs.request(RunTrigger.VOTES, "{\"beta\": 0.2}", OPERATOR).run().id();
    assertThat(runs.begin(id).status()).isEqualTo(RunStatus.RUNNING);
    var frozen =
        new TrainingRunStore.FrozenData(
            "{\"beta\": 0.2, \"seed\": 1}", "v0", "hash", 9, 1, 77, 10, 0);

    assertThat(database.<Boolean>transaction(c -> runs.freeze(c, id, frozen))).isTrue();
    assertThat(database.<Boolean>transaction(c -> runs.freeze(c, id, frozen))).isFalse();
    assertThat(runs.history().considered().newestVote()).isEqualTo(77);

    assertThat(runs.finish(id, RunStatus.FAILED, new ChangeContext("trainer", "loss is NaN")))
        .isTrue();
    assertThat(runs.finish(id, RunStatus.SUCCEEDED, OPERATOR)).isFalse();
    TrainingRun ended = runs.find(id).orElseThrow();
    assertThat(ended.status()).isEqualTo(RunStatus.FAILED);
    assertThat(ended.reason()).isEqualTo("loss is NaN");
    assertThat(ended.config()).contains("seed");
    assertThat(runs.active()).isEmpty();
    assertThat(runs.history().considered().newestVote()).as("a failed run costs no vote").isZero();
    assertThat(runs.history().failures().count()).isOne();
    assertThat(runs.request(RunTrigger.CALL, "{}", OPERATOR).created()).isTrue();
  }

  @Test
  void onlyALostTrainerCountsAsLost() {
    TrainingRunStore store = new TrainingRunStore(database, "lost");
    String id = store.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
    assertThat(store.begin(id).lost()).isZero();

    store.handBack(id);
    assertThat(store.begin(id).lost()).as("after an orderly stop").isZero();
    assertThat(store.begin(id, true).lost()).as("after the database was away").isZero();

    TrainingRun taken = store.begin(id);
    assertThat(taken.lost()).as("after a kill").isOne();
    assertThat(taken.attempts()).isEqualTo(4);
    store.finish(id, RunStatus.CANCELLED, OPERATOR);
  }

  @Test
  void aQueuedRunIsCancelledAtOnceAndARunningOneIsAsked() {
    TrainingRunStore runs = new TrainingRunStore(database, "cancel");
    String queued = runs.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
    assertThat(runs.cancel(queued, OPERATOR).orElseThrow().status()).isEqualTo(RunStatus.CANCELLED);
    String running = runs.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
    runs.begin(running);
    assertThat(runs.reports().recordProgress(running, 1, "{}")).isFalse();

    TrainingRun asked = runs.cancel(running, OPERATOR).orElseThrow();

    assertThat(asked.status()).isEqualTo(RunStatus.RUNNING);
    assertThat(asked.cancelRequested()).isTrue();
    assertThat(runs.reports().recordProgress(running, 2, "{}")).isTrue();
    assertThat(runs.cancel("run_unknown", OPERATOR)).isEmpty();
    assertThat(runs.cancel(queued, OPERATOR).orElseThrow().status()).isEqualTo(RunStatus.CANCELLED);
  }

  @Test
  void aRunThatReadWhatIsErasedEndsAndItsSuccessorIsQueued() {
    TrainingRunStore runs = new TrainingRunStore(database, "erased");
    TrainingRun run =
        runs.begin(runs.request(RunTrigger.CALL, "{\"beta\": 0.2}", true, OPERATOR).run().id());
    assertThat(runs.unwanted().end(run)).isEmpty();
    // the vote is gone, the run's row of it was not yet there to lose its name
    database.update(
        "INSERT INTO run_preferences (run_id, preference_id, user_id) VALUES (?, 'gone', 'ann')",
        run.id());

    assertThat(runs.unwanted().end(run)).contains(UnwantedRuns.Reason.ERASED);

    assertThat(runs.find(run.id()).orElseThrow().status()).isEqualTo(RunStatus.CANCELLED);
    assertThat(
            database.list(
                row -> row.getString(1),
                "SELECT user_id FROM run_preferences WHERE run_id = ? AND user_id IS NOT NULL",
                run.id()))
        .isEmpty();
    TrainingRun next = runs.active().orElseThrow();
    assertThat(next.id()).isNotEqualTo(run.id());
    assertThat(next.config()).isEqualTo(run.config());
    assertThat(next.fromBase()).isTrue();
    assertThat(runs.unwanted().end(run)).as("it has ended").isEmpty();

    runs.begin(next.id());
    runs.cancel(next.id(), OPERATOR);
    assertThat(runs.unwanted().end(next)).contains(UnwantedRuns.Reason.CANCELLED);
    assertThat(runs.active()).as("a cancelled run has no successor").isEmpty();
  }

  @Test
  void aStepTellsARunThatSomethingItReadWasErased() {
    TrainingRunStore runs = new TrainingRunStore(database, "erased-steps");
    String id = runs.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
    runs.begin(id);
    database.update(
        "INSERT INTO run_preferences (run_id, preference_id, user_id) VALUES (?, 'one', 'ann')",
        id);
    assertThat(runs.reports().recordProgress(id, 1, "{}")).isFalse();

    database.update("UPDATE run_preferences SET user_id = NULL WHERE run_id = ?", id);

    assertThat(runs.reports().recordProgress(id, 2, "{}")).isTrue();
    runs.finish(id, RunStatus.CANCELLED, OPERATOR);
  }

  @Test
  void progressOfLongRunsIsThinnedOut() {
    TrainingRunStore runs = new TrainingRunStore(database, "progress");
    String id = runs.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
    runs.begin(id);
    for (int step : new int[] {1, 2, 1_000, 1_001, 1_010, 10_010, 10_100}) {
      runs.reports().recordProgress(id, step, "{\"step\": %d}".formatted(step));
    }

    assertThat(runs.reports().progressAfter(id, 1, 100))
        .extracting(RunProgress::step)
        .containsExactly(2, 1_000, 1_010, 10_100);
    assertThat(runs.find(id).orElseThrow().metrics()).contains("10100");
  }

  @Test
  void scoresComeBackBitByBit() {
    TrainingRunStore runs = new TrainingRunStore(database, "scores");
    String id = runs.request(RunTrigger.CALL, "{}", OPERATOR).run().id();
    ValidationScores scores =
        new ValidationScores(
            "pref_1",
            new float[] {-1.5f, -1e-30f},
            new float[] {-2, -3},
            new float[] {-0.1f},
            new float[] {-0.3f});
    database.transaction(
        connection -> {
          runs.reports().saveScores(connection, id, List.of(scores));
          return 0;
        });

    ValidationScores back = runs.reports().scores(id).getFirst();

    assertThat(back.preferenceId()).isEqualTo("pref_1");
    assertThat(back.chosenPolicy()).containsExactly(-1.5f, -1e-30f);
    assertThat(back.rejectedReference()).containsExactly(-0.3f);
  }

  @Test
  void oneSessionLeads() {
    try (AdvisoryLock first = AdvisoryLock.tryAcquire(database, "leader").orElseThrow()) {
      assertThat(first.isHeld()).isTrue();
      assertThat(AdvisoryLock.tryAcquire(database, "leader")).isEmpty();
      assertThat(AdvisoryLock.tryAcquire(database, "another"))
          .isPresent()
          .get()
          .satisfies(AdvisoryLock::close);
    }
    assertThat(AdvisoryLock.tryAcquire(database, "leader"))
        .isPresent()
        .get()
        .satisfies(AdvisoryLock::close);
  }
}
