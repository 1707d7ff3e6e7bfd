package dev.whetstone.rollout.gate;

/**
 * The result of one criterion of the gate.
 *
 * @param name one of those listed at {@link GateCriteria}; stored and shown
 * @param number the measured value; NaN when it could not be measured
 * @param threshold the limit it was compared with, in words
 */
public record CriterionResult(String name, double number, String threshold, GateVerdict verdict) {}
