package dev.whetstone.engine;

import dev.whetstone.engine.sampling.SamplingParameters;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A builder of requests for tests, and a listener that records. */
record Requests(
    int[] prompt,
    List<CompletionSpec> branches,
    int maxTokens,
    Ending ending,
    int topLogprobs,
    boolean distinct,
    Duration timeout) {
  static final Policy V0 = new Policy("v0", "base", null);

  static Requests of(int... prompt) {
    return new Requests(
        prompt,
        List.of(new CompletionSpec(V0, SamplingParameters.of(1, 1))),
        16,
        Ending.NEVER,
        0,
        false,
        Duration.ofMinutes(1));
  }

  static Policy adapted(String version) {
    return new Policy(version, "hash of " + version, new LoraAdapter(1, 1, new TreeMap<>()));
  }

  GenerationRequest build() {
    return build(Requester.INTERNAL);
  }

  GenerationRequest build(Requester requester) {
    return new GenerationRequest(
        prompt,
        branches,
        maxTokens,
        ending,
        false,
        topLogprobs,
        distinct,
        timeout,
        requester,
        null);
  }

  Requests branches(CompletionSpec... all) {
    return new Requests(prompt, List.of(all), maxTokens, ending, topLogprobs, distinct, timeout);
  }

  Requests sampling(SamplingParameters sampling) {
    return branches(new CompletionSpec(V0, sampling));
  }

  Requests pair(SamplingParameters a, SamplingParameters b) {
    return distinct(new CompletionSpec(V0, a), new CompletionSpec(V0, b));
  }

  Requests distinct(CompletionSpec a, CompletionSpec b) {
    return new Requests(prompt, List.of(a, b), maxTokens, ending, topLogprobs, true, timeout);
  }

  Requests maxTokens(int max) {
    return new Requests(prompt, branches, max, ending, topLogprobs, distinct, timeout);
  }

  Requests stop(String... stops) {
    return new Requests(
        prompt,
        branches,
        maxTokens,
        ending.withStops(List.of(stops)),
        topLogprobs,
        distinct,
        timeout);
  }

  Requests stopAtEos() {
    return new Requests(
        prompt,
        branches,
        maxTokens,
        Ending.NATURAL.withStops(ending.stops()),
        topLogprobs,
        distinct,
        timeout);
  }

  Requests ending(Ending other) {
    return new Requests(prompt, branches, maxTokens, other, topLogprobs, distinct, timeout);
  }

  Requests topLogprobs(int count) {
    return new Requests(prompt, branches, maxTokens, ending, count, distinct, timeout);
  }

  Requests timeout(Duration limit) {
    return new Requests(prompt, branches, maxTokens, ending, topLogprobs, distinct, limit);
  }

  /** Records what a listener receives, by branch; fails if it receives anything after the end. */
  static final class Recorder implements GenerationListener {
    final List<StringBuilder> texts = new ArrayList<>();
    final List<List<Integer>> tokens = new ArrayList<>();
    final List<@Nullable Completion> finished;

    Recorder(int branches) {
      for (int i = 0; i < branches; i++) {
        texts.add(new StringBuilder());
        tokens.add(new ArrayList<>());
      }
      finished = new ArrayList<>(Collections.nCopies(branches, null));
    }

    @Override
    public synchronized void onText(TextDelta delta) {
      int branch = delta.branch();
      if (finished.get(branch) != null || delta.tokens().length != delta.logps().length) {
        throw new AssertionError("text after the end");
      }
      texts.get(branch).append(delta.text());
      Arrays.stream(delta.tokens()).forEach(tokens.get(branch)::add);
    }

    @Override
    public synchronized void onFinish(int branch, Completion completion) {
      if (finished.get(branch) != null) {
        throw new AssertionError("finished twice");
      }
      finished.set(branch, completion);
    }
  }
}
