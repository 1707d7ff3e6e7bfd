package dev.whetstone.rollout;

import dev.whetstone.rollout.duel.DuelEvidence;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One candidate's way from the gate to its end.
 *
 * @param runId the training run that made the candidate; null for an imported version
 * @param champion what it is compared with
 * @param share of pairs that have a side from the candidate while it duels
 * @param evidence the votes of the duel so far
 */
public record Rollout(
    String id,
    long seq,
    @Nullable String runId,
    String candidate,
    String candidateHash,
    String champion,
    String championHash,
    RolloutMode mode,
    double share,
    RolloutStatus status,
    @Nullable String reason,
    DuelEvidence evidence,
    Instant createdAt,
    @Nullable Instant duelBeganAt,
    @Nullable Instant endedAt) {}
