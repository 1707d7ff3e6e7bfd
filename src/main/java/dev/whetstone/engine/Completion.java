package dev.whetstone.engine;

import dev.whetstone.engine.sampling.TokenLogprob;
import dev.whetstone.policy.Policy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished completion.
 *
 * @param policy version that generated all of its tokens
 * @param tokens sampled ids, the end token included when it was sampled
 * @param logps log-prob of each token in nats, under the policy at temperature 1 and before any
 *     other sampling setting
 * @param topLogprobs the most probable alternatives of each token; empty when not requested
 * @param text decoded without special tokens and without the stop sequence
 * @param reason why it ended
 * @param error what went wrong, when {@code reason} is ERROR
 * @param identical whether it still equals its sibling after the last resampling
 */
public record Completion(
    String policy,
    int[] tokens,
    float[] logps,
    List<List<TokenLogprob>> topLogprobs,
    String text,
    FinishReason reason,
    @Nullable String error,
    boolean identical) {
  /** The completion of a branch that ended before it was admitted. */
  static Completion unstarted(Policy policy, FinishReason reason, @Nullable String error) {
    return new Completion(
        policy.version(), new int[0], new float[0], List.of(), "", reason, error, false);
  }
}
