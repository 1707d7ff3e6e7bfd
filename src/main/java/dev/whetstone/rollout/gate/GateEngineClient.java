package dev.whetstone.rollout.gate;

import dev.whetstone.engine.Completion;
import dev.whetstone.engine.CompletionSpec;
import dev.whetstone.engine.Ending;
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
 * Sends requests to the engine that serves, a few at a time, so that users hardly wait for the
 * gate.
 */
final class GateEngineClient {
  /** Requests of the gate that the engine holds at the same time. */
  private static final int MAX_IN_FLIGHT = 4;

  private static final Duration TIMEOUT = Duration.ofMinutes(10);
  private static final Duration QUEUE_FULL_PAUSE = Duration.ofMillis(200);

  private final Engine engine;

  GateEngineClient(Engine engine) {
    this.engine = engine;
  }

  /** A completion to be scored after a prompt. */
  record Text(int[] prompt, int[] completion) {}

  /** The log-probs {@code [completion]} of each text under a policy, in order, in nats. */
  List<float[]> logProbs(Policy policy, List<Text> texts) {
    return mapConcurrently(
        texts,
        text ->
            engine
                .score(new ScoreRequest(text.prompt(), text.completion(), policy, TIMEOUT))
                .thenApply(Scores::logps));
  }

  /** Samples with fixed seeds: {@code perPrompt} completions of every prompt. */
  List<Completion> sample(
      Policy policy, List<int[]> prompts, int perPrompt, int maxTokens, double temperature) {
    return mapConcurrently(
            IntStream.range(0, prompts.size()).boxed().toList(),
            index ->
                sampleOne(policy, prompts.get(index), index, perPrompt, maxTokens, temperature))
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  private CompletableFuture<List<Completion>> sampleOne(
      Policy policy, int[] prompt, int index, int perPrompt, int maxTokens, double temperature) {
    List<CompletionSpec> branches =
        IntStream.range(0, perPrompt)
            .mapToObj(
                i ->
                    new CompletionSpec(
                        policy, SamplingParameters.of(temperature, index * 1_000L + i)))
            .toList();
    int limit = Math.max(1, Math.min(maxTokens, engine.slotLength() - prompt.length));
    return engine
        .submit(
            new GenerationRequest(prompt, branches, limit, Ending.NATURAL, 0, false, TIMEOUT),
            GenerationListener.NO_OP)
        .result();
  }

  private static <T, R> List<R> mapConcurrently(
      List<T> all, Function<T, CompletableFuture<R>> request) {
    List<R> results = new ArrayList<>();
    List<CompletableFuture<R>> inFlight = new ArrayList<>();
    for (T item : all) {
      if (inFlight.size() == MAX_IN_FLIGHT) {
        results.add(await(inFlight.removeFirst()));
      }
      inFlight.add(submitWhenAccepted(() -> request.apply(item)));
    }
    inFlight.forEach(last -> results.add(await(last)));
    return results;
  }

  // Users come first: while the queue is full, the gate waits outside it.
  private static <R> CompletableFuture<R> submitWhenAccepted(
      Supplier<CompletableFuture<R>> submission) {
    while (true) {
      try {
        return submission.get();
      } catch (QueueFullException full) {
        try {
          Thread.sleep(QUEUE_FULL_PAUSE);
        } catch (InterruptedException stopped) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("the gate was interrupted", stopped);
        }
      }
    }
  }

  private static <R> R await(CompletableFuture<R> result) {
    try {
      return result.join();
    } catch (CompletionException failed) {
      throw new IllegalStateException(
          "the engine could not answer the gate: " + failed.getMessage(), failed);
    }
  }
}
