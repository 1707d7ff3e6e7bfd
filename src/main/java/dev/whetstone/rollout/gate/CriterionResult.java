package dev.whetstone.rollout.gate;

/**
 * One criterion of the gate.
 *
 * @param name as in {@code held_out_margin}
 * @param number what was measured; NaN when it could not be
 * @param threshold what it was held against, in words
 */
public record CriterionResult(String name, double number, String threshold, GateVerdict verdict) {}
