package dev.whetstone.rollout.duel;

/**
 * What one version did in a duel or canary, counted over all gateways.
 *
 * @param completions that ended or failed
 * @param empty of them without any text
 * @param unended of them cut off at the token limit
 * @param errors of them that failed
 * @param tokens sampled in all of them
 * @param seconds from their first text to their end, in all
 */
public record ArmMetrics(
    long completions, long empty, long unended, long errors, long tokens, double seconds) {
  public static final ArmMetrics NONE = new ArmMetrics(0, 0, 0, 0, 0, 0);

  public ArmMetrics {
    if (empty < 0 || unended < 0 || errors < 0 || tokens < 0 || !(seconds >= 0)) {
      throw new IllegalArgumentException("a count is negative");
    }
    if (Math.max(empty, Math.max(unended, errors)) > completions) {
      throw new IllegalArgumentException("more completions of one kind than completions");
    }
  }

  /** Both together. */
  public ArmMetrics plus(ArmMetrics other) {
    return new ArmMetrics(
        completions + other.completions,
        empty + other.empty,
        unended + other.unended,
        errors + other.errors,
        tokens + other.tokens,
        seconds + other.seconds);
  }

  double rate(long count) {
    return completions == 0 ? 0 : (double) count / completions;
  }

  /** Mean tokens of a completion. */
  double length() {
    return completions == 0 ? 0 : (double) tokens / completions;
  }

  /** Mean seconds of a token. */
  double pace() {
    return tokens == 0 ? 0 : seconds / tokens;
  }
}
