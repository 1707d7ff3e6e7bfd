package dev.whetstone.rollout.duel;

/**
 * A guard-rail that a candidate violates.
 *
 * @param name empty_completions, unended_completions, error_rate, length_ratio or latency_ratio
 * @param number the measured value
 * @param threshold the allowed values, in words
 */
public record GuardrailViolation(String name, double number, String threshold) {
  /** One line with the numbers. */
  public String describe() {
    return name + " " + number + ", allowed " + threshold;
  }
}
