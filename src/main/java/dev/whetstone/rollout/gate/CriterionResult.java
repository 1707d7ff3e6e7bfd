package dev.whetstone.rollout.gate;

/**
 * The result of one criterion of the gate.
 *
 * @param number the measured value; NaN when it could not be measured
 * @param threshold the limit it was compared with, in words
 */
public record CriterionResult(
    Criterion criterion, double number, String threshold, GateVerdict verdict) {
  /** The criterion's name, which is stored and shown. */
  public String name() {
    return criterion.label();
  }
}
