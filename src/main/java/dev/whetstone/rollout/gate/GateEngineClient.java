package dev.whetstone.rollout.gate;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Engine;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.GenerationRequest;
import dev.whetstone.engine.QueueFullException;
import dev.whetstone.engine.ScoreRequest;
import dev.whetstone.engine.Scores;
import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Asks the engine that serves, a few requests at a time, so that users hardly wait for the gate.
 */
final class GateEngineClient {
  /** What the gate has in the engine at once. */
  private static final int AT_ONCE = 4;

  private static final Duration TIMEOUT = Duration.ofMinutes(10);
  private static final Duration FULL_PAUSE = Duration.ofMillis(200);

  private final Engine engine;

  GateEngineClient(Engine engine) {
    this.engine = engine;
  }

  /** A completion to be scored after a prompt. */
  record Text(int[] prompt, int[] completion) {}

  /** The log-probs of each text under a policy, in order. */
  List<float[]> scores(Policy policy, List<Text> texts) {
    return windowed(
        texts,
        text ->
            engine
                .score(new ScoreRequest(text.prompt(), text.completion(), policy, TIMEOUT))
                .thenApply(Scores::logps));
  }

  /** Plain samples at temperature 1, the seeds fixed: {@code each} completions of every prompt. */
  List<Completion> answers(Policy policy, List<int[]> prompts, int each, int maxTokens) {
    return windowed(
            IntStream.range(0, prompts.size()).boxed().toList(),
            index -> answer(policy, prompts.get(index), index, each, maxTokens))
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  private CompletableFuture<List<Completion>> answer(
      Policy policy, int[] prompt, int index, int each, int maxTokens) {
    List<CompletionSpec> branches =
        IntStream.range(0, each)
            .mapToObj(i -> new CompletionSpec(policy, SamplingParameters.of(1, index * 1_000L + i)))
            .toList();
    int room = Math.max(1, Math.min(maxTokens, engine.slotLength() - prompt.length));
    return engine
        .submit(
            new GenerationRequest(prompt, branches, room, List.of(), false, 0, false, TIMEOUT),
            GenerationListener.NOBODY)
        .result();
  }

  private static <T, R> List<R> windowed(List<T> all, Function<T, CompletableFuture<R>> ask) {
    List<R> results = new ArrayList<>();
    List<CompletableFuture<R>> open = new ArrayList<>();
    for (T one : all) {
      if (open.size() == AT_ONCE) {
        results.add(taken(open.removeFirst()));
      }
      open.add(patiently(() -> ask.apply(one)));
    }
    open.forEach(last -> results.add(taken(last)));
    return results;
  }

  // The queue is for users first: the gate waits outside it while it is full.
  private static <R> CompletableFuture<R> patiently(Supplier<CompletableFuture<R>> submission) {
    while (true) {
      try {
        return submission.get();
      } catch (QueueFullException full) {
        try {
          Thread.sleep(FULL_PAUSE);
        } catch (InterruptedException stopped) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("the gate was interrupted", stopped);
        }
      }
    }
  }

  private static <R> R taken(CompletableFuture<R> answer) {
    try {
      return answer.join();
    } catch (CompletionException failed) {
      throw new IllegalStateException(
          "the engine could not answer the gate: " + failed.getMessage(), failed);
    }
  }
}
