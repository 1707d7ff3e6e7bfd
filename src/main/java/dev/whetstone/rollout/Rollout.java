package dev.whetstone.rollout;

import dev.whetstone.rollout.evidence.DuelEvidence;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One candidate's rollout, from the gate to its final status.
 *
 * @param runId the training run that made the candidate; null for an imported version
 * @param champion version that the candidate is compared with
 * @param share of pairs in which the candidate writes one side during the duel
 * @param cause of the present status, a word; null in rows of older builds
 * @param evidence the counted votes and ratings of the duel so far
 * @param attempt the how-manieth duel (or judgement, in the automatic mode) against this champion
 *     since it was promoted; 0 before it
 * @param evidenceAfter position in the log of the newest vote when the duel began; null before it
 * @param gateFailures how often the gate ended in an error
 * @param judgedVotes votes that the last inconclusive judgement had; null where there was none
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
    @Nullable String cause,
    @Nullable String reason,
    DuelEvidence evidence,
    int attempt,
    @Nullable Long evidenceAfter,
    int gateFailures,
    @Nullable Integer judgedVotes,
    Instant createdAt,
    @Nullable Instant duelBeganAt,
    @Nullable Instant endedAt) {}
