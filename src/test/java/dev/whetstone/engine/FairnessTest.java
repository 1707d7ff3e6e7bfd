package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.testing.CapturedLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Nobody waits for another's many requests or many branches. */
class FairnessTest {
  private static final Requester MANY = new Requester("key-1", "many");
  private static final Requester ONE = new Requester("key-2", "one");

  private final List<String> ended = new CopyOnWriteArrayList<>();
  private final CountDownLatch begin = new CountDownLatch(1);
  private final CountDownLatch full = new CountDownLatch(1);
  private final CountDownLatch onwards = new CountDownLatch(1);

  @Test
  void requestersTakeTurns() throws Exception {
    assertTakesTurnsWithMany(ONE);
  }

  @Test
  void usersOfAKeyTakeTurnsToo() throws Exception {
    assertTakesTurnsWithMany(new Requester(MANY.key(), "other"));
  }

  private void assertTakesTurnsWithMany(Requester one) throws Exception {
    try (EngineFixture fixture = waitingFixture()) {
      List<Generation> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        all.add(submit(fixture, MANY, "many", 1, 20));
      }
      all.add(submit(fixture, one, "one", 1, 20));
      begin.countDown();
      awaitAll(all);

      // at most the four that run, and the one whose turn it is
      assertThat(ended.indexOf("one")).isLessThan(9);
    }
  }

  @Test
  void manyBranchesDoNotHoldUpOthersWhileSlotsAreIdle() throws Exception {
    try (EngineFixture fixture = waitingFixture()) {
      List<Generation> all = new ArrayList<>();
      all.add(submit(fixture, MANY, "stream", 1, 90));
      all.add(submit(fixture, MANY, "wide", 4, 60));
      all.add(submit(fixture, ONE, "one", 1, 3));
      begin.countDown();
      awaitAll(all);

      assertThat(ended.getFirst()).isEqualTo("one");
      assertThat(ended).containsOnlyOnce("wide");
    }
  }

  @Test
  void aFullSetOfBranchesIsNotStarvedByAStreamOfSingleOnes() throws Exception {
    try (EngineFixture fixture = waitingFixture()) {
      List<Generation> all = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        all.add(submit(fixture, new Requester("key-" + i % 3, ""), "single", 1, 5));
      }
      all.add(submit(fixture, ONE, "wide", 4, 5));
      begin.countDown();
      awaitAll(all);

      assertThat(ended.indexOf("wide")).isLessThan(45);
    }
  }

  @Test
  void aCancelledRequestWhoseBranchesWaitEndsAsAWhole() throws Exception {
    try (EngineFixture fixture = waitingFixture()) {
      waitWhenAllSlotsRun(fixture);
      Generation first = submit(fixture, ONE, "one", 1, 90);
      Generation wide = submit(fixture, MANY, "wide", 4, 90);
      begin.countDown();
      assertThat(full.await(20, TimeUnit.SECONDS)).isTrue();
      wide.cancel();
      onwards.countDown();

      assertThat(wide.result().get(5, TimeUnit.SECONDS)).hasSize(4);
      assertThat(first.result().get(5, TimeUnit.SECONDS).getFirst().reason())
          .isEqualTo(FinishReason.LENGTH);
      await().until(() -> fixture.engine.statistics().finished() == 2);
      assertThat(fixture.runner.dirtySlots()).isZero();
    }
  }

  @Test
  void afterAFailedRunNoBranchOfItsRequestsIsLeftInTheQueue() throws Exception {
    try (CapturedLog log = CapturedLog.of(Scheduler.class);
        EngineFixture fixture = waitingFixture()) {
      waitWhenAllSlotsRun(fixture);
      Generation first = submit(fixture, ONE, "one", 1, 90);
      Generation wide = submit(fixture, MANY, "wide", 4, 90);
      begin.countDown();
      assertThat(full.await(20, TimeUnit.SECONDS)).isTrue();
      fixture.runner.failures.set(1);
      onwards.countDown();

      wide.result().get(5, TimeUnit.SECONDS);
      first.result().get(5, TimeUnit.SECONDS);
      assertThat(log.complaints())
          .extracting(CapturedLog.Line::message)
          .containsExactly("the model run failed; its requests end with an error");
      Generation after = submit(fixture, ONE, "after", 1, 3);
      assertThat(after.result().get(5, TimeUnit.SECONDS).getFirst().reason())
          .isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void aShortPromptDoesNotWaitForALongOne() throws Exception {
    try (EngineFixture fixture = waitingFixture()) {
      int[] longPrompt = new Random(3).ints(90, 1, HashRunner.VOCABULARY).toArray();
      List<Generation> all = new ArrayList<>();
      all.add(submit(fixture, MANY, "long", Requests.of(longPrompt).maxTokens(1)));
      all.add(submit(fixture, ONE, "short", Requests.of(1, 2, 3).maxTokens(3)));
      begin.countDown();
      awaitAll(all);

      assertThat(ended).containsExactly("short", "long");
    }
  }

  @Test
  void aLongPromptGoesOnAmongManyShortOnes() throws Exception {
    try (EngineFixture fixture = waitingFixture()) {
      int[] longPrompt = new Random(3).ints(90, 1, HashRunner.VOCABULARY).toArray();
      List<Generation> all = new ArrayList<>();
      all.add(submit(fixture, ONE, "long", Requests.of(longPrompt).maxTokens(1)));
      for (int i = 0; i < 200; i++) {
        all.add(submit(fixture, MANY, "short", Requests.of(1, 2, 3).maxTokens(1)));
      }
      begin.countDown();
      awaitAll(all);

      // 90 tokens, at least half of a chunk of 8 in each step, beside one short prompt
      assertThat(ended.indexOf("long")).isLessThan(90);
    }
  }

  @Test
  void aKeyThatFloodsTheQueueLeavesPlacesToOthers() throws Exception {
    EngineFixture.Settings small = EngineFixture.Settings.small().queue(50, 100_000);
    try (EngineFixture fixture = waitingFixture(small)) {
      List<Generation> all = new ArrayList<>();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 100; i++) {
                  all.add(submit(fixture, MANY, "many", 1, 2));
                }
              })
          .isInstanceOf(QueueFullException.class)
          .hasMessageContaining("share");
      assertThat(all.size()).isBetween(38, 42);

      all.add(submit(fixture, ONE, "one", 1, 2));
      begin.countDown();
      awaitAll(all);
    }
  }

  @Test
  void sharesAreGivenBack() {
    FairShare share = new FairShare(100);
    assertThat(share.tryTake("a", 80)).isTrue();
    assertThat(share.tryTake("a", 1)).isFalse();
    assertThat(share.tryTake("b", 10)).isTrue();
    assertThat(share.tryTake("b", 11)).isFalse();
    share.release("a", 80);
    share.release("b", 10);
    assertThat(share.total()).isZero();
    assertThat(share.tryTake("b", 100)).isTrue();
  }

  private EngineFixture waitingFixture() {
    return waitingFixture(EngineFixture.Settings.small());
  }

  private EngineFixture waitingFixture(EngineFixture.Settings settings) {
    EngineFixture fixture = new EngineFixture(settings);
    fixture.runner.beforeRun = () -> pass(begin);
    return fixture;
  }

  /** Holds the engine in the first run of all its slots until the test lets it go on. */
  private void waitWhenAllSlotsRun(EngineFixture fixture) {
    fixture.runner.beforeRun =
        () -> {
          pass(begin);
          if (fixture.engine.statistics().running() == 4) {
            full.countDown();
            pass(onwards);
          }
        };
  }

  private static void pass(CountDownLatch gate) {
    try {
      // a test that fails before it opens the gate must still end
      boolean _ = gate.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private Generation submit(
      EngineFixture fixture, Requester requester, String name, int branches, int tokens) {
    List<CompletionSpec> all = new ArrayList<>();
    for (int i = 0; i < branches; i++) {
      all.add(new CompletionSpec(Requests.V0, SamplingParameters.of(1, i)));
    }
    Requests request = Requests.of(1, 2, 3).branches(all.toArray(CompletionSpec[]::new));
    return submit(fixture, requester, name, request.maxTokens(tokens));
  }

  private Generation submit(
      EngineFixture fixture, Requester requester, String name, Requests request) {
    Set<Integer> open = new java.util.HashSet<>();
    for (int i = 0; i < request.branches().size(); i++) {
      open.add(i);
    }
    return fixture.engine.submit(
        request.build(requester),
        new GenerationListener() {
          @Override
          public void onText(TextDelta delta) {}

          @Override
          public void onFinish(int branch, Completion completion) {
            open.remove(branch);
            if (open.isEmpty()) {
              ended.add(name);
            }
          }
        });
  }

  private static void awaitAll(List<Generation> all) throws Exception {
    for (Generation one : all) {
      one.result().get(20, TimeUnit.SECONDS);
    }
  }
}
