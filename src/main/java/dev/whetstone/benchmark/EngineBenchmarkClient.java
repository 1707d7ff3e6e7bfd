package dev.whetstone.benchmark;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.FinishReason;
import dev.whetstone.engine.Generation;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.Requester;
import dev.whetstone.engine.TextDelta;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.grammar.TokenGrammar;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs single measurements on an engine, from outside, as clients see it. */
final class EngineBenchmarkClient {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int STEPS_BEFORE_SWAP = 16;

  /** Times of a swap in milliseconds; see {@link BenchmarkReport.Swap}. */
  record SwapTimes(double stage, double firstToken, double gap, double joinGap, double swapGap) {}

  private final Engine engine;

  EngineBenchmarkClient(Engine engine) {
    this.engine = engine;
  }

  /**
   * Decoded tokens per second of a batch, from the moment all its completions have their first
   * token until the first completion ends.
   *
   * @param policies the version of each completion
   */
  double decode(int[] prompt, List<Policy> policies, int tokens) {
    return decode(request(prompt, policies, tokens));
  }

  /** The same with answers that a grammar allows; it must let none end. */
  double decode(int[] prompt, List<Policy> policies, int tokens, TokenGrammar grammar) {
    return decode(request(prompt, policies, tokens, grammar));
  }

  private double decode(GenerationRequest request) {
    List<CompletionSpec> policies = request.branches();
    DecodeStepTimer timer = new DecodeStepTimer(policies.size());
    run(request, timer);
    return policies.size() * (timer.steps() / timer.seconds());
  }

  /** Prefilled prompt tokens per second, until the first token of the completion. */
  double prefill(int[] prompt, Policy policy) {
    Generation done = run(request(prompt, List.of(policy), 1), new DecodeStepTimer(1));
    return prompt.length / (done.timings().prefill().toNanos() / 1e9);
  }

  /**
   * Stages a version while completions decode, generates one completion with it, and releases it.
   *
   * @param running the version of each completion that decodes meanwhile
   * @param staged a version that is already staged
   * @param newVersion the version to stage
   */
  SwapTimes swap(int[] prompt, List<Policy> running, Policy staged, Policy newVersion)
      throws InterruptedException {
    InterTokenLatency gaps = new InterTokenLatency();
    Generation batch =
        engine.submit(request(prompt, running, engine.slotLength() - prompt.length), gaps);
    try {
      gaps.awaitTokens(STEPS_BEFORE_SWAP);
      double gap = gaps.median();
      double joinGap =
          gaps.longestDuring(
              () -> run(request(prompt, List.of(staged), 1), GenerationListener.NO_OP));
      long start = System.nanoTime();
      FirstToken first = new FirstToken();
      double[] stageMs = new double[1];
      double swapGap =
          gaps.longestDuring(
              () -> {
                engine.stage(newVersion).join();
                stageMs[0] = millisSince(start);
                run(request(prompt, List.of(newVersion), 2), first);
              });
      return new SwapTimes(stageMs[0], (first.at - start) / 1e6, gap, joinGap, swapGap);
    } finally {
      batch.cancel();
      batch.result().join();
      engine.release(newVersion).join();
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
            "a benchmark completion ended with %s: %s"
                .formatted(completion.reason(), completion.error()));
      }
    }
    return generation;
  }

  private static GenerationRequest request(int[] prompt, List<Policy> policies, int tokens) {
    return request(prompt, policies, tokens, null);
  }

  private static GenerationRequest request(
      int[] prompt, List<Policy> policies, int tokens, @Nullable TokenGrammar grammar) {
    List<CompletionSpec> branches =
        IntStream.range(0, policies.size()).mapToObj(i -> branch(policies.get(i), i)).toList();
    return new GenerationRequest(
        prompt,
        branches,
        tokens,
        Ending.NEVER,
        false,
        0,
        false,
        LIMIT,
        Requester.INTERNAL,
        grammar);
  }

  private static CompletionSpec branch(Policy policy, int seed) {
    return new CompletionSpec(
        policy, new SamplingParameters(0.8, 0, 0.95, 0, 1, 0, 0, Map.of(), seed));
  }

  /** Records the time of the first token. */
  private static final class FirstToken implements GenerationListener {
    private long at;

    @Override
    public void onText(TextDelta delta) {
      at = at == 0 ? System.nanoTime() : at;
    }

    @Override
    public void onFinish(int branch, Completion completion) {}
  }
}
