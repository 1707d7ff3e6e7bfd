package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.CapturedLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** No request starves or is lost, and nothing leaks, for any requests in any order. */
class SchedulerTest {
  private static final List<Policy> POLICIES =
      List.of(Requests.V0, Requests.adapted("v1"), Requests.adapted("v2"));

  @Property(tries = 60)
  void everyRequestEndsOnceWithTheSameCompletionAsAlone(@ForAll long seed) throws Exception {
    int requests = 40;
    EngineFixture fixture = new EngineFixture();
    EngineFixture alone = new EngineFixture(EngineFixture.Settings.small().prefixCache(0));
    try (fixture;
        alone) {
      Traffic traffic =
          new Traffic(new Random(seed), requests, POLICIES, HashRunner.VOCABULARY, 40);

      traffic.run(fixture.engine, alone.engine);

      assertThat(fixture.engine.drain(Duration.ofSeconds(10))).isTrue();
    }
    EngineStatistics end = fixture.engine.statistics();
    assertThat(end.finished()).isEqualTo(requests);
    assertThat(end.failed()).isZero();
    assertThat(end.running() + end.prefilling() + end.queued() + end.queuedTokens()).isZero();
    assertThat(fixture.runner.dirtySlots()).isZero();
    assertThat(fixture.runner.staged()).isEmpty();
    assertThat(fixture.runner.closed()).isTrue();
    // and one token more where it would be left alone
    assertThat(fixture.runner.longestPrefill)
        .isLessThanOrEqualTo(EngineFixture.Settings.small().prefillChunk() + 1);
  }

  @Test
  void aCachedPrefixDoesNotChangeTheCompletion() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      int[] prompt = new Random(1).ints(40, 1, HashRunner.VOCABULARY).toArray();
      Completion first = fixture.generate(Requests.of(prompt)).getFirst();
      Completion again = fixture.generate(Requests.of(prompt)).getFirst();

      assertThat(again.tokens()).isEqualTo(first.tokens());
      assertThat(fixture.engine.statistics().cachedTokens()).isPositive();
    }
  }

  @Test
  void firstTokensAndAdaptersAreCounted() throws Exception {
    Policy adapted = POLICIES.get(1);
    try (EngineFixture fixture = new EngineFixture()) {
      fixture.engine.stage(adapted).get(10, TimeUnit.SECONDS);
      submit(
              fixture,
              Requests.of(1, 2)
                  .branches(new CompletionSpec(adapted, SamplingParameters.of(1, 1)))
                  .maxTokens(3))
          .result()
          .get(10, TimeUnit.SECONDS);
      submit(fixture, Requests.of(1, 2).maxTokens(3)).result().get(10, TimeUnit.SECONDS);

      await().until(() -> fixture.engine.statistics().finished() == 2);
      EngineStatistics end = fixture.engine.statistics();
      assertThat(end.firstTokens()).isEqualTo(2);
      assertThat(end.firstTokenTime()).isPositive();
      assertThat(end.adapters()).isEqualTo(1);
      assertThat(end.adapted()).isZero();
    }
  }

  @Test
  void aLongRequestIsServedAmongAStreamOfShortOnes() throws Exception {
    EngineFixture.Settings settings = EngineFixture.Settings.small();
    try (EngineFixture fixture = new EngineFixture(settings)) {
      List<Generation> shorts = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        shorts.add(submit(fixture, Requests.of(1, i % 60).maxTokens(3)));
      }
      int[] prompt = new Random(2).ints(60, 1, HashRunner.VOCABULARY).toArray();
      SamplingParameters sampling = SamplingParameters.of(1, 1);
      Generation longPair =
          submit(fixture, Requests.of(prompt).pair(sampling, sampling).maxTokens(30));
      for (int i = 0; i < 2000; i++) {
        shorts.add(submit(fixture, Requests.of(2, i % 60).maxTokens(3)));
      }

      longPair.result().get(30, TimeUnit.SECONDS);
      assertThat(shorts.getLast().result()).as("later requests still wait").isNotDone();
      for (Generation each : shorts) {
        each.result().get(30, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void afterAFailedRunOnlyItsRequestsHaveFailed() throws Exception {
    try (CapturedLog log = CapturedLog.of(Scheduler.class);
        EngineFixture fixture = new EngineFixture()) {
      fixture.runner.failures.set(1);
      Completion failed = fixture.generate(Requests.of(1, 2)).getFirst();
      Completion next = fixture.generate(Requests.of(1, 2)).getFirst();

      assertThat(failed.reason()).isEqualTo(FinishReason.ERROR);
      assertThat(failed.error()).contains("out of memory");
      assertThat(log.complaints())
          .extracting(CapturedLog.Line::message)
          .containsExactly("the model run failed; its requests end with an error");
      assertThat(next.reason()).isEqualTo(FinishReason.LENGTH);
      assertThat(fixture.engine.drain(Duration.ofSeconds(5))).isTrue();
      assertThat(fixture.runner.dirtySlots()).isZero();
    }
  }

  private static Generation submit(EngineFixture fixture, Requests request)
      throws QueueFullException {
    return fixture.engine.submit(request.build(), new Requests.Recorder(request.branches().size()));
  }
}
