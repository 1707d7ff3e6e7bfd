package dev.whetstone.engine;

import dev.whetstone.engine.sampling.TokenLogprob;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished completion.
 *
 * @param policy version that wrote every one of its tokens
 * @param tokens sampled ids, the end token included when it was sampled
 * @param logps log-prob of each token under the policy at temperature 1, before any other setting
 * @param topLogprobs per token the most probable alternatives, empty when not asked for
 * @param text decoded without special tokens and without the stop text
 * @param reason why it ended
 * @param error what went wrong, when {@code reason} is ERROR
 * @param identical true when it equals its sibling after every redraw
 */
public record Completion(
    String policy,
    int[] tokens,
    float[] logps,
    List<List<TokenLogprob>> topLogprobs,
    String text,
    FinishReason reason,
    @Nullable String error,
    boolean identical) {}
