package dev.whetstone.rollout.gate;

import dev.whetstone.policy.Policy;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the gate judges.
 *
 * @param runId the run that made the candidate; null for an imported version
 * @param runMetrics of that run, a JSON object
 * @param championSince when the champion was promoted: votes since then judge
 * @param proof what promotes without a duel; null unless the mode is automatic
 */
public record GateSubject(
    Policy candidate,
    Policy champion,
    @Nullable String runId,
    String runMetrics,
    Instant championSince,
    @Nullable Proof proof) {

  /**
   * The automatic mode's evidence, see {@link dev.whetstone.rollout.evidence.ForecastEvidence}.
   *
   * @param eValue against "the candidate predicts votes no better than the champion"
   * @param mirrored against "it predicts them no worse"
   * @param conversations behind them
   * @param threshold e-value that promotes
   */
  public record Proof(double eValue, double mirrored, int conversations, double threshold) {}
}
