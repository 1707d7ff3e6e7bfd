package dev.whetstone.rollout.gate;

import dev.whetstone.policy.Policy;
import java.time.Instant;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What the gate judges.
 *
 * @param runId the run that made the candidate; null for an imported version
 * @param runMetrics of that run, a JSON object
 * @param championSince when the champion was promoted: votes since then judge
 * @param automaticThreshold e-value that promotes without a duel; empty unless the mode is
 *     automatic
 */
public record GateSubject(
    Policy candidate,
    Policy champion,
    @Nullable String runId,
    String runMetrics,
    Instant championSince,
    OptionalDouble automaticThreshold) {}
