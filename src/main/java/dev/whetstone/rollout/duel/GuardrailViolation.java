package dev.whetstone.rollout.duel;

/**
 * A guard-rail that a candidate ran into.
 *
 * @param name empty_completions, unended_completions, error_rate, length_ratio or latency_ratio
 * @param number what was measured
 * @param threshold what was allowed
 */
public record GuardrailViolation(String name, double number, String threshold) {}
