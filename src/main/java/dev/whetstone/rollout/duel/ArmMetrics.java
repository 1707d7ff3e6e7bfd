package dev.whetstone.rollout.duel;

import static dev.whetstone.settings.Checks.require;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Counts of what one arm of a duel did, summed over gateways. The JSON names are part of the API.
 *
 * @param completions number that ended or failed
 * @param empty how many of them have no text
 * @param truncated how many of them were cut off at the token limit
 * @param errors how many of them failed
 * @param tokens sampled in total
 * @param seconds from the first text to the end of each completion, in total
 */
public record ArmMetrics(
    long completions,
    long empty,
    @JsonProperty("unended") long truncated,
    long errors,
    long tokens,
    double seconds) {
  public static final ArmMetrics NONE = new ArmMetrics(0, 0, 0, 0, 0, 0);

  public ArmMetrics {
    require(
        empty >= 0 && truncated >= 0 && errors >= 0 && tokens >= 0 && seconds >= 0,
        "a count is negative");
    require(
        Math.max(empty, Math.max(truncated, errors)) <= completions,
        "a kind of completions exceeds their number");
  }

  /** The sum of both. */
  public ArmMetrics plus(ArmMetrics other) {
    return new ArmMetrics(
        completions + other.completions,
        empty + other.empty,
        truncated + other.truncated,
        errors + other.errors,
        tokens + other.tokens,
        seconds + other.seconds);
  }

  double share(long count) {
    return completions == 0 ? 0 : (double) count / completions;
  }

  /** Mean length of a completion; 0 without completions. */
  double tokensPerCompletion() {
    return completions == 0 ? 0 : (double) tokens / completions;
  }

  /** Mean seconds a token takes; 0 without tokens. */
  double secondsPerToken() {
    return tokens == 0 ? 0 : seconds / tokens;
  }
}
