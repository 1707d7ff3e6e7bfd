package dev.whetstone.engine;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.policy.Policy;
import java.time.Duration;

/**
 * A request for the log-probs of a completion under a policy.
 *
 * @param prompt token ids, at least one
 * @param completion token ids, at least one
 * @param timeout from submission
 * @param topLogprobs alternatives to report a token, 0 to 20
 */
public record ScoreRequest(
    int[] prompt, int[] completion, Policy policy, Duration timeout, int topLogprobs) {
  /** A request for the completion's tokens alone. */
  public ScoreRequest(int[] prompt, int[] completion, Policy policy, Duration timeout) {
    this(prompt, completion, policy, timeout, 0);
  }

  public ScoreRequest {
    prompt = prompt.clone();
    completion = completion.clone();
    require(prompt.length > 0, "the prompt is empty");
    require(completion.length > 0, "the completion is empty");
    require(topLogprobs >= 0 && topLogprobs <= 20, "top_logprobs must be in [0, 20]");
  }
}
