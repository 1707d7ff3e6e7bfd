package dev.whetstone.engine;

import java.time.Duration;
import java.util.List;

/**
 * A prompt and the completions requested of it; branches of one policy share the prompt's prefill.
 *
 * @param prompt token ids, at least one
 * @param branches one completion each
 * @param maxTokens maximum tokens of one completion, the end token included
 * @param stop stop sequences, which end a completion and are cut from it
 * @param ignoreEos continue after the end token (load tests)
 * @param topLogprobs alternatives to report a token, 0 to 20
 * @param distinct resample the second of two branches while it equals the first, at most {@link
 *     EngineConfig#resamples} times
 * @param timeout from submission; a completion cut by it ends with {@link FinishReason#ERROR}
 */
public record GenerationRequest(
    int[] prompt,
    List<CompletionSpec> branches,
    int maxTokens,
    List<String> stop,
    boolean ignoreEos,
    int topLogprobs,
    boolean distinct,
    Duration timeout) {

  public GenerationRequest {
    prompt = prompt.clone();
    branches = List.copyOf(branches);
    stop = List.copyOf(stop);
    if (prompt.length == 0) {
      throw new IllegalArgumentException("the prompt is empty");
    }
    if (branches.isEmpty() || maxTokens < 1) {
      throw new IllegalArgumentException("at least one branch and one token must be requested");
    }
    if (topLogprobs < 0 || topLogprobs > 20) {
      throw new IllegalArgumentException("top_logprobs must be in [0, 20]");
    }
    if (distinct && branches.size() != 2) {
      throw new IllegalArgumentException("distinct needs exactly two branches");
    }
    if (stop.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException("a stop sequence is empty");
    }
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("the timeout must be positive");
    }
  }
}
