package dev.whetstone.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Random requests to an engine: prompts with common prefixes, pairs, several versions, some
 * requests cancelled and some with a short time limit, and versions released and staged again
 * meanwhile.
 */
final class Traffic {
  /**
   * One request of the traffic.
   *
   * @param pause microseconds before it is submitted
   * @param cancelAfter microseconds from submission to cancellation; null never cancels
   */
  private record PlannedRequest(Requests request, int pause, @Nullable Integer cancelAfter) {}

  private record Sent(PlannedRequest planned, Generation generation, Requests.Recorder recorder) {}

  private final List<Policy> policies;
  private final List<PlannedRequest> plan = new ArrayList<>();

  Traffic(Random random, int count, List<Policy> policies, int vocabulary, int longest) {
    this.policies = policies;
    int[][] prefixes = new int[3][];
    for (int i = 0; i < prefixes.length; i++) {
      prefixes[i] = random.ints(longest / 2, 1, vocabulary).toArray();
    }
    for (int i = 0; i < count; i++) {
      int[] prefix = prefixes[random.nextInt(prefixes.length)];
      int[] prompt = Arrays.copyOf(prefix, prefix.length / 2 + random.nextInt(longest / 2));
      Arrays.setAll(
          prompt, p -> p < prefix.length ? prefix[p] : 1 + random.nextInt(vocabulary - 1));
      plan.add(planRequest(random, prompt, longest));
    }
  }

  private PlannedRequest planRequest(Random random, int[] prompt, int longest) {
    SamplingParameters sampling =
        SamplingParameters.of(0.7 + random.nextFloat(), random.nextInt(1000));
    CompletionSpec first =
        new CompletionSpec(policies.get(random.nextInt(policies.size())), sampling);
    Requests request = Requests.of(prompt).branches(first).maxTokens(1 + random.nextInt(longest));
    if (random.nextInt(3) == 0) {
      Policy other = policies.get(random.nextInt(policies.size()));
      request =
          random.nextBoolean()
              ? request.branches(first, new CompletionSpec(other, sampling.withSeed(7)))
              : request.distinct(first, new CompletionSpec(other, sampling));
    }
    if (random.nextInt(8) == 0) {
      request = request.timeout(Duration.ofNanos(1000 * (1L + random.nextInt(3000))));
    }
    if (random.nextBoolean()) {
      request = request.stopAtEos();
    }
    Integer cancelAfter = random.nextInt(4) == 0 ? random.nextInt(4000) : null;
    return new PlannedRequest(request, random.nextInt(300), cancelAfter);
  }

  /** Submits all requests, waits for their ends, and compares each with a run on {@code alone}. */
  void run(Engine engine, Engine alone) throws Exception {
    stageAll(engine);
    stageAll(alone);
    List<Sent> sent = new ArrayList<>();
    for (PlannedRequest planned : plan) {
      pause(planned.pause());
      Requests.Recorder recorder = new Requests.Recorder(planned.request().branches().size());
      Generation generation = submit(engine, planned.request(), recorder);
      sent.add(new Sent(planned, generation, recorder));
      Integer cancelAfter = planned.cancelAfter();
      if (cancelAfter != null) {
        Thread.startVirtualThread(
            () -> {
              pause(cancelAfter);
              generation.cancel();
            });
      }
    }
    Map<Integer, List<Completion>> undisturbed = new HashMap<>();
    for (int i = 0; i < sent.size(); i++) {
      List<Completion> completions = sent.get(i).generation().result().get(60, TimeUnit.SECONDS);
      Requests calm = sent.get(i).planned().request().timeout(Duration.ofMinutes(1));
      undisturbed.put(i, submit(alone, calm, silent(calm)).result().get(60, TimeUnit.SECONDS));
      check(sent.get(i), completions, undisturbed.get(i));
    }
    for (Policy policy : policies) {
      engine.release(policy).get(10, TimeUnit.SECONDS);
    }
  }

  /** Submits a request; a version that was just released is staged again, as after a rollback. */
  private Generation submit(Engine engine, Requests request, Requests.Recorder recorder)
      throws Exception {
    while (true) {
      try {
        Generation generation = engine.submit(request.build(), recorder);
        Policy used = request.branches().getFirst().policy();
        if (!used.isBase() && request.prompt().length % 5 == 0) {
          var _ = engine.release(used);
        }
        return generation;
      } catch (IllegalArgumentException released) {
        assertThat(released).hasMessageContaining("is not staged");
        stageAll(engine);
      }
    }
  }

  private static Requests.Recorder silent(Requests request) {
    return new Requests.Recorder(request.branches().size());
  }

  private void stageAll(Engine engine) throws Exception {
    for (Policy policy : policies) {
      CompletableFuture<Void> staged = engine.stage(policy);
      staged.get(10, TimeUnit.SECONDS);
    }
  }

  private static void pause(int micros) {
    long end = System.nanoTime() + 1000L * micros;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  private static void check(Sent sent, List<Completion> found, List<Completion> alone) {
    for (int branch = 0; branch < found.size(); branch++) {
      Completion completion = found.get(branch);
      assertThat(sent.recorder().finished.get(branch)).isSameAs(completion);
      int[] expected = alone.get(branch).tokens();
      switch (completion.reason()) {
        case STOP, LENGTH -> {
          assertThat(completion.tokens()).isEqualTo(expected);
          assertThat(completion.logps()).isEqualTo(alone.get(branch).logps());
          assertThat(completion.text()).isEqualTo(alone.get(branch).text());
          assertThat(completion.identical()).isEqualTo(alone.get(branch).identical());
        }
        case CANCELLED -> {
          assertThat(sent.planned().cancelAfter()).isNotNull();
          checkPartial(sent, completion, expected);
        }
        case ERROR -> {
          assertThat(completion.error()).contains("time limit");
          checkPartial(sent, completion, expected);
        }
      }
    }
  }

  /** A completion that was cut is a prefix of the whole one, unless resampling could replace it. */
  private static void checkPartial(Sent sent, Completion completion, int[] expected) {
    int[] tokens = completion.tokens();
    if (!sent.planned().request().distinct()) {
      assertThat(tokens).isEqualTo(Arrays.copyOf(expected, tokens.length));
    }
  }
}
