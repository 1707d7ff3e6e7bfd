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
 */
public record ScoreRequest(int[] prompt, int[] completion, Policy policy, Duration timeout) {
  public ScoreRequest {
    prompt = prompt.clone();
    completion = completion.clone();
    require(prompt.length > 0, "the prompt is empty");
    require(completion.length > 0, "the completion is empty");
  }
}
