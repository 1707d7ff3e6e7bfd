package dev.whetstone.rollout.duel;

/**
 * A guard-rail that a candidate violates.
 *
 * @param number the measured value
 * @param threshold the allowed values, in words
 */
public record GuardrailViolation(Guardrail guardrail, double number, String threshold) {
  /** The guard-rail's name, which is stored and shown. */
  public String name() {
    return guardrail.label();
  }

  /** One line with the numbers. */
  public String describe() {
    return name() + " " + number + ", allowed " + threshold;
  }
}
