package dev.whetstone.engine;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.grammar.TokenGrammar;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt and the completions requested of it; branches of one policy share the prompt's prefill.
 *
 * @param prompt token ids, at least one
 * @param branches one completion each
 * @param maxTokens maximum tokens of one completion, the end token included
 * @param ending what ends a completion before
 * @param specialTokens whether the text has special tokens, which are left out otherwise
 * @param topLogprobs alternatives to report a token, 0 to 20
 * @param distinct resample the second of two branches while it equals the first, at most {@link
 *     EngineConfig#resamples} times
 * @param timeout from submission; a completion cut by it ends with {@link FinishReason#ERROR}
 * @param requester for whom it is
 * @param grammar what every completion must be; null for any text
 */
public record GenerationRequest(
    int[] prompt,
    List<CompletionSpec> branches,
    int maxTokens,
    Ending ending,
    boolean specialTokens,
    int topLogprobs,
    boolean distinct,
    Duration timeout,
    Requester requester,
    @Nullable TokenGrammar grammar) {

  /** A request of the gateway itself, whose completions may be any text. */
  public GenerationRequest(
      int[] prompt,
      List<CompletionSpec> branches,
      int maxTokens,
      Ending ending,
      int topLogprobs,
      boolean distinct,
      Duration timeout) {
    this(
        prompt,
        branches,
        maxTokens,
        ending,
        false,
        topLogprobs,
        distinct,
        timeout,
        Requester.INTERNAL,
        null);
  }

  public GenerationRequest {
    prompt = prompt.clone();
    branches = List.copyOf(branches);
    require(prompt.length > 0, "the prompt is empty");
    require(
        !branches.isEmpty() && maxTokens >= 1,
        "at least one branch and one token must be requested");
    require(topLogprobs >= 0 && topLogprobs <= 20, "top_logprobs must be in [0, 20]");
    require(!distinct || branches.size() == 2, "distinct needs exactly two branches");
    require(
        ending.minTokens() == 0 || (grammar == null && ending.minTokens() <= maxTokens),
        "min_tokens must be at most max_tokens, and is not for an answer of a form");
    require(timeout.isPositive(), "the timeout must be positive");
  }
}
