package dev.whetstone.rollout;

import dev.whetstone.rollout.duel.DuelEvidence;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One candidate's rollout, from the gate to its final status.
 *
 * @param runId the training run that made the candidate; null for an imported version
 * @param champion version that the candidate is compared with
 * @param share of pairs in which the candidate writes one side during the duel
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
