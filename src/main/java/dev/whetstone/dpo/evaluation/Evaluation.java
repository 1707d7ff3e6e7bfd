package dev.whetstone.dpo.evaluation;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The metrics of the validation pairs at one point of a run. Checkpoints hold it as JSON by the
 * names of its components, and of those of {@link PreferenceMetrics}.
 *
 * @param step updates made so far; 0 is the policy that the run began with
 */
public record Evaluation(int step, @JsonProperty("heldOut") PreferenceMetrics metrics) {}
