package dev.whetstone.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.PolicyNotStagedException;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.TextDelta;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.Policy;
import dev.whetstone.testing.ServingFixture;
import dev.whetstone.testing.SharedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Swaps and rollbacks while 16 clients stream. {@code -Dwhetstone.swaps=1000} runs the long form,
 * which also checks the times and needs an otherwise idle machine.
 *
 * <p>Reports two times. Between tokens: from one piece of a client's text to the next, in
 * alternating phases of equal length with and without swaps. From a swap to the new version's first
 * token: from the commit of the new champion, before this gateway applies it, until any request
 * sent after it, by a client or when the swap returns, gets its first token.
 */
@Tag("alone")
@Tag("database")
class SwapsUnderLoadTest {
  private static final int SWAPS = Integer.getInteger("whetstone.swaps", 60);
  private static final int CLIENTS = 16;
  private static final int TOKENS = 48;
  private static final int SAMPLE_EVERY = 8;

  /** More than stay in memory, so that every promotion stages its version again. */
  private static final int VERSIONS = 8;

  private static final int WARM_UP = SWAPS / 5;
  private static final int ROUNDS = SWAPS < 1000 ? 1 : 4;
  private static final int[] PROMPT = {5, 6, 7, 8, 9};

  /** Pause between two swaps, {@code -Dwhetstone.swaps.pause} in milliseconds. */
  private static final Duration PAUSE =
      Duration.ofMillis(Integer.getInteger("whetstone.swaps.pause", SWAPS < 1000 ? 10 : 100));

  private static final double TOLERANCE = 2e-3;

  /** A completion and the version that was requested. */
  private record Written(Policy policy, Completion completion) {}

  /** A committed swap; {@code first} completes with the nanoseconds until its first token. */
  private record Swap(String version, long committed, CompletableFuture<Long> first) {
    void token(Policy policy, long sent, long at) {
      if (policy.version().equals(version) && sent >= committed) {
        first.complete(at - committed);
      }
    }
  }

  private volatile @Nullable Swap flip;
  private final AtomicLong seeds = new AtomicLong();
  private final AtomicLong answers = new AtomicLong();
  private final Collection<Written> failed = new ConcurrentLinkedQueue<>();

  @TempDir Path home;

  @Test
  void noAnswerFailsOrMixesVersions() throws Exception {
    Map<String, String> slots = Map.of("whetstone.engine.slots", Integer.toString(CLIENTS + 4));
    try (var gateway =
        new ServingFixture(home.resolve("disk"), SharedPostgres.create(), "one", true, slots)) {
      List<String> versions = new ArrayList<>();
      for (int i = 0; i < VERSIONS; i++) {
        versions.add(gateway.register(i).version());
      }
      gateway.promote(versions.getLast());
      gateway.committed = this::committed;
      Collection<Written> written = new ConcurrentLinkedQueue<>();
      LongStream.Builder afterFlip = LongStream.builder();
      LongStream.Builder withoutFlip = LongStream.builder();
      // Warm up, until the JIT compiler has seen the code.
      stream(gateway, written, LongStream.builder(), () -> swap(gateway, versions, WARM_UP));
      LongStream.Builder calm = LongStream.builder();
      LongStream.Builder swapping = LongStream.builder();
      for (int round = 0; round < ROUNDS; round++) {
        long start = System.nanoTime();
        stream(
            gateway,
            written,
            swapping,
            () -> swap(gateway, versions, SWAPS / ROUNDS).forEach(afterFlip));
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        stream(
            gateway,
            written,
            calm,
            () -> {
              // The same number of requests at the same intervals.
              Duration interval = took.dividedBy(SWAPS / ROUNDS);
              for (int probe = 0; probe < SWAPS / ROUNDS; probe++) {
                long sent = System.nanoTime();
                withoutFlip.add(firstToken(gateway));
                Thread.sleep(interval.minusNanos(System.nanoTime() - sent));
              }
            });
      }
      assertThat(failed).isEmpty();
      requireOneVersionEach(gateway, written);
      report(
          answers.get(),
          calm.build().toArray(),
          swapping.build().toArray(),
          withoutFlip.build().toArray(),
          afterFlip.build().toArray());
    }
  }

  /** Alternates swaps and rollbacks; returns the times from a commit to its first token. */
  private LongStream swap(ServingFixture gateway, List<String> versions, int swaps)
      throws Exception {
    LongStream.Builder times = LongStream.builder();
    for (int swap = 0; swap < swaps; swap++) {
      String before = gateway.champion();
      if (swap % 2 == 0) {
        gateway.promote(versions.get(swap / 2 % (VERSIONS - 1)));
      } else {
        gateway.rollBack(null);
      }
      assertThat(gateway.champion()).isNotEqualTo(before);
      write(gateway, 1, at -> {});
      times.add(Objects.requireNonNull(flip).first().get());
      Thread.sleep(PAUSE);
    }
    return times.build();
  }

  private void committed(Aliases now) {
    flip = new Swap(now.champion(), System.nanoTime(), new CompletableFuture<>());
  }

  /** Nanoseconds to the first token of a request that is sent now. */
  private long firstToken(ServingFixture gateway) {
    long sent = System.nanoTime();
    CompletableFuture<Long> first = new CompletableFuture<>();
    write(gateway, 1, at -> first.complete(at - sent));
    return first.join();
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

  /** Streams answers, checks each and samples some; returns the times between tokens. */
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
      if (answers.incrementAndGet() % SAMPLE_EVERY == 0) {
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
    long sent = System.nanoTime();
    Policy policy = gateway.policies.serving().champion();
    GenerationRequest request =
        new GenerationRequest(
            PROMPT,
            List.of(new CompletionSpec(policy, SamplingParameters.of(1, seeds.incrementAndGet()))),
            tokens,
            Ending.NEVER,
            0,
            false,
            Duration.ofSeconds(60));
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void onText(TextDelta delta) {
            long now = System.nanoTime();
            clock.token(now);
            Swap last = flip;
            if (last != null) {
              last.token(policy, sent, now);
            }
          }

          @Override
          public void onFinish(int branch, Completion completion) {}
        };
    while (true) {
      try {
        return new Written(
            policy, gateway.engine.submit(request, listener).result().join().getFirst());
      } catch (PolicyNotStagedException evicted) {
        gateway.policies.restage(policy);
      }
    }
  }

  /**
   * Requires that every token's log-prob is that of its version alone and not that of another. The
   * texts are scored after the run, with the version staged again for it.
   */
  private static void requireOneVersionEach(ServingFixture gateway, Collection<Written> written)
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
        assertThat(distance(own, one.completion().logps())).isLessThan(TOLERANCE);
      }
      Policy other = one(byVersion, all.getFirst().policy());
      assertThat(
              distance(score(gateway, all.getFirst(), other), all.getFirst().completion().logps()))
          .isGreaterThan(10 * TOLERANCE);
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
    double max = 0;
    for (int i = 0; i < a.length; i++) {
      max = Math.max(max, Math.abs(a[i] - b[i]));
    }
    return max;
  }

  private static void report(
      long answers, long[] calm, long[] swapping, long[] withoutFlip, long[] afterFlip) {
    double ratio = percentile(swapping, 0.99) / percentile(calm, 0.99);
    System.out.printf(
        "%d swaps, %d answers; p50, p99, max in ms. Between tokens: calm %s, swapping %s (p99 ratio"
            + " %.2f). A new request's first token %s; from a flip to the new version's first %s%n",
        SWAPS,
        answers,
        format(calm),
        format(swapping),
        ratio,
        format(withoutFlip),
        format(afterFlip));
    if (SWAPS >= 1000) {
      assertThat(ratio).isLessThanOrEqualTo(1.5);
      assertThat(percentile(afterFlip, 0.99)).isLessThan(10);
    }
  }

  private static String format(long[] nanos) {
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
