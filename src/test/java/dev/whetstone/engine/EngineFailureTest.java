package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.whetstone.ops.EngineLiveness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the engine does after an Error, which leaves a state that nobody can trust. */
class EngineFailureTest {
  private final BlockingQueue<Throwable> uncaught = new ArrayBlockingQueue<>(10);
  private Thread.UncaughtExceptionHandler before;

  @BeforeEach
  void record() {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.offer(thrown));
  }

  @AfterEach
  void restore() {
    Thread.setDefaultUncaughtExceptionHandler(before);
  }

  @Test
  void anErrorEndsEveryRequestAndIsThrownOn() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Generation> all = new ArrayList<>();
      fixture.runner.error = new OutOfMemoryError("Java heap space");
      for (int i = 0; i < 20; i++) {
        try {
          all.add(fixture.engine.submit(Requests.of(i).build(), new Requests.Recorder(1)));
        } catch (EngineClosedException ended) {
          break;
        }
      }

      for (Generation one : all) {
        assertThat(one.result().get(5, TimeUnit.SECONDS).getFirst().reason())
            .isEqualTo(FinishReason.ERROR);
      }
      assertThat(uncaught.poll(5, TimeUnit.SECONDS)).isInstanceOf(OutOfMemoryError.class);
      assertThat(fixture.engine.failed()).isTrue();
      assertThat(fixture.engine.alive()).isFalse();
      assertThat(fixture.runner.closed()).isTrue();
      assertThat(fixture.engine.drain(Duration.ofSeconds(5))).isTrue();
      assertThatThrownBy(
              () -> fixture.engine.submit(Requests.of(1).build(), new Requests.Recorder(1)))
          .isInstanceOf(EngineClosedException.class);
    }
  }

  @Test
  void livenessIsDownAsSoonAsTheEngineHasFailed() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      assertThat(EngineLiveness.fault(fixture.engine, Duration.ofMinutes(1))).isEmpty();
      fixture.runner.error = new OutOfMemoryError("Java heap space");
      fixture.engine.submit(Requests.of(1).build(), new Requests.Recorder(1));
      assertThat(uncaught.poll(5, TimeUnit.SECONDS)).isInstanceOf(OutOfMemoryError.class);

      assertThat(EngineLiveness.fault(fixture.engine, Duration.ofMinutes(1)))
          .contains("the engine has failed");
    }
  }

  @Test
  void anOrderlyEndIsNoFailure() {
    EngineFixture fixture = new EngineFixture();
    fixture.close();

    assertThat(fixture.engine.failed()).isFalse();
    assertThat(uncaught).isEmpty();
  }

  @Test
  void aWaitingRequestHoldsNoStateOfItsBranches() throws Exception {
    var decoders = new java.util.concurrent.atomic.AtomicInteger();
    HashRunner runner = new HashRunner(4 + EngineFixture.PROMPTS, 96);
    Engine engine =
        new Engine(
            runner,
            () -> {
              decoders.incrementAndGet();
              return new EngineFixture.Letters();
            },
            java.util.Set.of(EngineFixture.EOS),
            new int[0],
            EngineFixture.Settings.small(),
            java.time.InstantSource.system());
    try (engine) {
      var release = new java.util.concurrent.CountDownLatch(1);
      runner.beforeRun = () -> awaitQuietly(release);
      Generation first = engine.submit(four().build(), new Requests.Recorder(4));
      await().until(() -> engine.statistics().queued() == 0 && decoders.get() == 4);
      List<Generation> waiting = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        waiting.add(engine.submit(four().build(), new Requests.Recorder(4)));
      }

      assertThat(decoders).hasValue(4);

      waiting.forEach(Generation::cancel);
      release.countDown();
      for (Generation one : waiting) {
        assertThat(one.result().get(5, TimeUnit.SECONDS))
            .hasSize(4)
            .allMatch(completion -> completion.reason() == FinishReason.CANCELLED);
      }
      first.result().get(5, TimeUnit.SECONDS);
    }
  }

  private static Requests four() {
    var one =
        new CompletionSpec(Requests.V0, dev.whetstone.engine.sampling.SamplingParameters.of(1, 1));
    return Requests.of(1, 2, 3).branches(one, one, one, one);
  }

  private static void awaitQuietly(java.util.concurrent.CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
