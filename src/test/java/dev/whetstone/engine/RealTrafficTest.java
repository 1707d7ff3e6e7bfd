package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.lora.Adapters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.TestModels;
import dev.whetstone.weights.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random traffic on ONNX Runtime with the tiny model: right completions, no leaks. */
@Tag("own")
class RealTrafficTest {
  private static final ModelDirectory MODEL = TestModels.tiny();
  private static final int VOCABULARY = 512;
  private static final int SLOTS = 6;
  private static final long MAX_GROWTH = 24L << 20;

  @Test
  void everyTextIsTheOneItHasAlone() throws Exception {
    List<Policy> policies = List.of(Requests.V0, policy("v1", 8), policy("v2", 5));
    try (Engine engine = engine(1 << 20);
        Engine alone = engine(0)) {
      new Traffic(new Random(21), 150, policies, VOCABULARY, 60).run(engine, alone);

      assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
      EngineStatistics end = engine.statistics();
      assertThat(end.finished()).isEqualTo(150);
      assertThat(end.failed()).isZero();
      assertThat(end.running() + end.prefilling() + end.queued()).isZero();
      assertThat(end.cachedTokens()).isPositive();
    }
  }

  @Test
  void aThousandRequestsCancelledAtRandomMomentsLeaveNothing() throws Exception {
    Policy policy = policy("v1", 8);
    try (Engine engine = engine(1 << 20)) {
      engine.stage(policy).get(10, TimeUnit.SECONDS);
      Random random = new Random(4);
      cancelAtRandom(engine, policy, random, 1000);
      long before = residentBytes();
      int threadsBefore = platformThreads();

      cancelAtRandom(engine, policy, random, 1000);

      assertThat(residentBytes() - before).as("native memory").isLessThan(MAX_GROWTH);
      assertThat(platformThreads()).isLessThanOrEqualTo(threadsBefore + 2);
      engine.release(policy).get(10, TimeUnit.SECONDS);
      assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
      EngineStatistics end = engine.statistics();
      assertThat(end.finished()).isEqualTo(2000);
      assertThat(end.running() + end.prefilling() + end.queued() + end.queuedTokens()).isZero();
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("whetstone-engine"));
  }

  private static void cancelAtRandom(Engine engine, Policy policy, Random random, int count)
      throws Exception {
    List<Generation> sent = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(1 + random.nextInt(100), 3, VOCABULARY).toArray();
      CompletionSpec a =
          new CompletionSpec(
              random.nextBoolean() ? Requests.V0 : policy, SamplingParameters.of(1, i));
      Requests request = Requests.of(prompt).branches(a).maxTokens(120);
      if (i % 4 == 0) {
        request = request.distinct(a, new CompletionSpec(policy, SamplingParameters.of(1, i)));
      }
      Generation generation =
          engine.submit(request.build(), new Requests.Recorder(request.branches().size()));
      sent.add(generation);
      // The queue drains from time to time, so that requests are cancelled while they wait, while
      // they
      // prefill and while they decode.
      Generation victim = sent.get(Math.max(0, i - random.nextInt(12)));
      victim.cancel();
      if (i % 8 == 0) {
        Thread.sleep(random.nextInt(8));
      }
    }
    for (Generation each : sent) {
      each.cancel();
      for (Completion completion : each.result().get(60, TimeUnit.SECONDS)) {
        assertThat(completion.reason()).isIn(FinishReason.CANCELLED, FinishReason.LENGTH);
      }
    }
  }

  private static int platformThreads() throws IOException {
    return Integer.parseInt(status("Threads:"));
  }

  private static long residentBytes() throws IOException {
    System.gc();
    return 1024 * Long.parseLong(status("RssAnon:").replace(" kB", ""));
  }

  private static String status(String name) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip())
        .findFirst()
        .orElseThrow();
  }

  private static Policy policy(String version, int rank) {
    LoraAdapter adapter = Adapters.of(MODEL.config(), rank, rank);
    return new Policy(version, PeftFiles.hash(adapter), adapter);
  }

  private static Engine engine(long cacheBytes) {
    var settings =
        new EngineFixture.Settings(
            SLOTS,
            OptionalInt.of(256),
            16,
            16,
            2000,
            1 << 20,
            cacheBytes,
            4,
            Duration.ofMinutes(1));
    OrtModel runner =
        OrtModel.open(
            new OrtSettings(
                MODEL.path().resolve("model.onnx"),
                MODEL.path().resolve("prefill.onnx"),
                SLOTS + 3,
                256,
                2,
                OptionalInt.empty()));
    return new Engine(
        runner,
        EngineFixture.Letters::new,
        Set.of(2),
        new int[0],
        settings,
        InstantSource.system());
  }
}
