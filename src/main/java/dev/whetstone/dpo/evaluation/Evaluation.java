package dev.whetstone.dpo.evaluation;

/**
 * The held-out pairs under the policy at one point of a run.
 *
 * @param step updates done so far; 0 is the policy the run began with
 */
public record Evaluation(int step, PreferenceMetrics heldOut) {}
