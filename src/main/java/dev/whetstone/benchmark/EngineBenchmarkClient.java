package dev.whetstone.benchmark;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Runs one thing on an engine and takes the time, from outside, as clients see it. */
final class EngineBenchmarkClient {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int STEPS_BEFORE_A_SWAP = 16;

  /** Milliseconds of a swap; see {@link BenchmarkReport.Swap}. */
  record SwapTimes(double stage, double firstToken, double gap, double joinGap, double swapGap) {}

  private final Engine engine;

  EngineBenchmarkClient(Engine engine) {
    this.engine = engine;
  }

  /**
   * Tokens per second of a batch from the moment all its completions have their first token until
   * the first of them has its last.
   *
   * @param policies who writes, one a completion
   */
  double decode(int[] prompt, List<Policy> policies, int tokens) {
    DecodeStepTimer clock = new DecodeStepTimer(policies.size());
    run(request(prompt, policies, tokens), clock);
    return policies.size() * (clock.steps() / clock.seconds());
  }

  /** Prompt tokens per second until the first token of the completion. */
  double read(int[] prompt, Policy policy) {
    Generation done = run(request(prompt, List.of(policy), 1), new DecodeStepTimer(1));
    return prompt.length / (done.timings().prefill().toNanos() / 1e9);
  }

  /**
   * Stages a version while {@code before} decode, has it write one completion, and releases it.
   *
   * @param known a version that is staged already
   */
  SwapTimes swap(int[] prompt, List<Policy> before, Policy known, Policy fresh)
      throws InterruptedException {
    InterTokenLatency gaps = new InterTokenLatency();
    Generation batch =
        engine.submit(request(prompt, before, engine.slotLength() - prompt.length), gaps);
    try {
      gaps.await(STEPS_BEFORE_A_SWAP);
      double gap = gaps.median();
      double joinGap =
          gaps.longestDuring(
              () -> run(request(prompt, List.of(known), 1), GenerationListener.NOBODY));
      long start = System.nanoTime();
      FirstToken first = new FirstToken();
      double[] staged = new double[1];
      double swapGap =
          gaps.longestDuring(
              () -> {
                engine.stage(fresh).join();
                staged[0] = millisSince(start);
                run(request(prompt, List.of(fresh), 2), first);
              });
      return new SwapTimes(staged[0], (first.at - start) / 1e6, gap, joinGap, swapGap);
    } finally {
      batch.cancel();
      batch.result().join();
      engine.release(fresh).join();
    }
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private Generation run(GenerationRequest request, GenerationListener listener) {
    Generation generation = engine.submit(request, listener);
    for (Completion completion : generation.result().join()) {
      if (completion.reason() != FinishReason.LENGTH) {
        throw new IllegalStateException(
            "a completion ended with %s: %s".formatted(completion.reason(), completion.error()));
      }
    }
    return generation;
  }

  private static GenerationRequest request(int[] prompt, List<Policy> policies, int tokens) {
    List<CompletionSpec> branches =
        IntStream.range(0, policies.size()).mapToObj(i -> branch(policies.get(i), i)).toList();
    return new GenerationRequest(prompt, branches, tokens, List.of(), true, 0, false, LIMIT);
  }

  private static CompletionSpec branch(Policy policy, int seed) {
    return new CompletionSpec(
        policy, new SamplingParameters(0.8, 0, 0.95, 0, 1, 0, 0, Map.of(), seed));
  }

  /** Notes when a new version has its first token. */
  private static final class FirstToken implements GenerationListener {
    private long at;

    @Override
    public void onText(int branch, String text, int[] tokens, float[] logps) {
      at = at == 0 ? System.nanoTime() : at;
    }

    @Override
    public void onFinish(int branch, Completion completion) {}
  }
}
