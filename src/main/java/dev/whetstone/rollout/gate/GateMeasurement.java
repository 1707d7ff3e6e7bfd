package dev.whetstone.rollout.gate;

import dev.whetstone.rollout.changes.GateAnswer;
import java.util.List;

/**
 * What the gate measured.
 *
 * @param rows one result a criterion
 * @param answers what candidate and champion wrote for it
 */
public record GateMeasurement(List<CriterionResult> rows, List<GateAnswer> answers) {}
