package dev.whetstone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.engine.Branch;
import dev.whetstone.engine.Completion;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.PolicyNotStagedException;
import dev.whetstone.engine.Sampling;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.policy.Policy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Swaps and rollbacks while 16 clients stream. {@code -Dwhetstone.swaps=1000} takes the long road
 * and holds the times, too, which needs a machine with nothing else to do.
 */
class SwapsUnderLoadTest {
  private static final int SWAPS = Integer.getInteger("whetstone.swaps", 60);
  private static final int CLIENTS = 16;
  private static final int TOKENS = 48;
  private static final int KEPT = 8;
  private static final int[] PROMPT = {5, 6, 7, 8, 9};

  /** Between two swaps, {@code -Dwhetstone.swaps.pause} in milliseconds. */
  private static final Duration PAUSE =
      Duration.ofMillis(Integer.getInteger("whetstone.swaps.pause", 10));

  private static final double EXACT = 2e-3;

  /** A completion with the version it was asked of. */
  private record Written(Policy policy, Completion completion) {}

  private final AtomicLong seeds = new AtomicLong();
  private final AtomicLong answers = new AtomicLong();
  private final Collection<Written> failed = new ConcurrentLinkedQueue<>();

  @TempDir Path home;

  @Test
  void noAnswerFailsOrMixesVersions() throws Exception {
    Map<String, String> slots = Map.of("whetstone.engine.slots", Integer.toString(CLIENTS + 4));
    try (var gateway =
        new ServingFixture(
            home.resolve("disk"), DatabaseConfig.of(home, null), "one", true, slots)) {
      List<String> versions = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        versions.add(gateway.register(i).version());
      }
      gateway.promote(versions.getFirst());
      Collection<Written> written = new ConcurrentLinkedQueue<>();
      LongStream.Builder afterFlip = LongStream.builder();
      LongStream.Builder withoutFlip = LongStream.builder();
      stream(gateway, written, LongStream.builder(), () -> Thread.sleep(1000));
      LongStream.Builder calm = LongStream.builder();
      LongStream.Builder swapping = LongStream.builder();
      for (int round = 0; round < 2; round++) {
        long start = System.nanoTime();
        stream(
            gateway,
            written,
            swapping,
            () -> {
              for (int swap = 0; swap < SWAPS / 2; swap++) {
                swap(gateway, versions, swap);
                afterFlip.add(firstToken(gateway));
                Thread.sleep(PAUSE);
              }
            });
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        stream(
            gateway,
            written,
            calm,
            () -> {
              // as many requests, and as far apart
              Duration apart = took.dividedBy(SWAPS / 2);
              for (int probe = 0; probe < SWAPS / 2; probe++) {
                long begun = System.nanoTime();
                withoutFlip.add(firstToken(gateway));
                Thread.sleep(apart.minusNanos(System.nanoTime() - begun));
              }
            });
      }
      assertThat(failed).isEmpty();
      wroteAlone(gateway, written);
      report(
          answers.get(),
          calm.build().toArray(),
          swapping.build().toArray(),
          withoutFlip.build().toArray(),
          afterFlip.build().toArray());
    }
  }

  private static void swap(ServingFixture gateway, List<String> versions, int swap) {
    if (swap % 2 == 0) {
      gateway.promote(versions.get(swap / 2 % versions.size()));
    } else {
      gateway.rollBack(null);
    }
  }

  /**
   * Nanoseconds from now, which is right after a flip or at any time, to the first token of a
   * request that is sent now. It waits for the step that runs, is read, and is sampled.
   */
  private long firstToken(ServingFixture gateway) throws Exception {
    long sent = System.nanoTime();
    CompletableFuture<Long> first = new CompletableFuture<>();
    write(gateway, 1, at -> first.complete(at - sent));
    return first.get();
  }

  private interface Work {
    void run() throws Exception;
  }

  /** Lets the clients stream until the work is done. */
  private void stream(
      ServingFixture gateway, Collection<Written> written, LongStream.Builder gaps, Work work)
      throws Exception {
    AtomicBoolean running = new AtomicBoolean(true);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<LongStream>> all = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        all.add(clients.submit(() -> client(gateway, written, running)));
      }
      try {
        work.run();
      } finally {
        running.set(false);
      }
      for (Future<LongStream> client : all) {
        client.get().forEach(gaps);
      }
    }
  }

  /** Streams answer after answer, checks each and keeps some; tells the times between tokens. */
  private LongStream client(
      ServingFixture gateway, Collection<Written> written, AtomicBoolean running) {
    LongStream.Builder gaps = LongStream.builder();
    while (running.get()) {
      LongStream.Builder times = LongStream.builder();
      Written one = write(gateway, TOKENS, times::add);
      if (one.completion().reason() != FinishReason.LENGTH
          || !one.completion().policy().equals(one.policy().version())) {
        failed.add(one);
      }
      if (answers.incrementAndGet() % KEPT == 0) {
        written.add(one);
      }
      long[] at = times.build().toArray();
      for (int i = 1; i < at.length; i++) {
        gaps.add(at[i] - at[i - 1]);
      }
    }
    return gaps.build();
  }

  private interface Clock {
    void token(long nanos);
  }

  private Written write(ServingFixture gateway, int tokens, Clock clock) {
    Policy policy = gateway.policies.serving().champion();
    GenerationRequest request =
        new GenerationRequest(
            PROMPT,
            List.of(new Branch(policy, Sampling.of(1, seeds.incrementAndGet()))),
            tokens,
            List.of(),
            true,
            0,
            false,
            Duration.ofSeconds(60));
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void onText(int branch, String text, int[] ids, float[] logps) {
            clock.token(System.nanoTime());
          }

          @Override
          public void onFinish(int branch, Completion completion) {}
        };
    while (true) {
      try {
        return new Written(
            policy, gateway.engine.submit(request, listener).result().join().getFirst());
      } catch (PolicyNotStagedException gone) {
        gateway.policies.restage(policy);
      }
    }
  }

  /**
   * Every token's log-prob is what its version alone gives it; another version gives another. The
   * texts are scored a while after they were written, by a version that is staged for it.
   */
  private static void wroteAlone(ServingFixture gateway, Collection<Written> written)
      throws Exception {
    Map<String, List<Written>> byVersion = new HashMap<>();
    for (Written one : written) {
      byVersion.computeIfAbsent(one.policy().version(), v -> new ArrayList<>()).add(one);
    }
    assertThat(byVersion.keySet()).hasSizeGreaterThanOrEqualTo(4);
    for (List<Written> all : byVersion.values()) {
      int step = Math.max(1, all.size() / 60);
      for (int i = 0; i < all.size(); i += step) {
        Written one = all.get(i);
        float[] own = score(gateway, one, one.policy());
        assertThat(own).hasSameSizeAs(one.completion().logps());
        assertThat(distance(own, one.completion().logps())).isLessThan(EXACT);
      }
      Policy other = one(byVersion, all.getFirst().policy());
      assertThat(
              distance(score(gateway, all.getFirst(), other), all.getFirst().completion().logps()))
          .isGreaterThan(10 * EXACT);
    }
  }

  private static Policy one(Map<String, List<Written>> byVersion, Policy not) {
    return byVersion.values().stream()
        .map(all -> all.getFirst().policy())
        .filter(policy -> !policy.hash().equals(not.hash()))
        .findFirst()
        .orElseThrow();
  }

  private static float[] score(ServingFixture gateway, Written text, Policy policy)
      throws Exception {
    Policy staged = gateway.policies.resolve(policy.version());
    ScoreRequest request =
        new ScoreRequest(PROMPT, text.completion().tokens(), staged, Duration.ofSeconds(60));
    return gateway.engine.score(request).get().logps();
  }

  private static double distance(float[] a, float[] b) {
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }

  private static void report(
      long answers, long[] calm, long[] swapping, long[] withoutFlip, long[] afterFlip) {
    double ratio = percentile(swapping, 0.99) / percentile(calm, 0.99);
    System.out.printf(
        "%d swaps, %d answers; p50, p99, most in ms. Between tokens: calm %s, swapping %s (p99 ratio"
            + " %.2f). To a new request's first token: calm %s, right after a flip %s%n",
        SWAPS, answers, told(calm), told(swapping), ratio, told(withoutFlip), told(afterFlip));
    if (SWAPS >= 1000) {
      assertThat(ratio).isLessThanOrEqualTo(1.5);
      assertThat(percentile(afterFlip, 0.5)).isLessThan(10);
      assertThat(percentile(afterFlip, 0.99) - percentile(withoutFlip, 0.99)).isLessThan(10);
    }
  }

  private static String told(long[] nanos) {
    return String.format(
        Locale.ROOT,
        "%.2f, %.2f, %.2f",
        percentile(nanos, 0.5),
        percentile(nanos, 0.99),
        percentile(nanos, 1));
  }

  /** Milliseconds. */
  private static double percentile(long[] nanos, double part) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1, part * sorted.length)] / 1e6;
  }
}
