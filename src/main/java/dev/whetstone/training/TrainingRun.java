package dev.whetstone.training;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A training run as the database knows it.
 *
 * @param seq grows from run to run
 * @param config settings as a JSON object: those requested, or all of them once the data is frozen
 * @param fromBase whether it was asked to begin with the base, however long that takes
 * @param parent version whose adapter it began with; null until the data is frozen
 * @param dataHash hash of the frozen list of preferences; null until then
 * @param pairs number of pairs that it trains on
 * @param validationPairs number of pairs that it is evaluated on
 * @param policy the version that it made; null if none
 * @param metrics the last that it reported, as a JSON object with TRL's names
 * @param reason why it ended as it did
 * @param attempts how often a trainer started or resumed it
 * @param lost how often its trainer was lost, killed or cut off
 * @param cancelRequested whether somebody asked it to end
 */
public record TrainingRun(
    String id,
    long seq,
    RunStatus status,
    RunTrigger trigger,
    String requestedBy,
    String config,
    boolean fromBase,
    @Nullable String parent,
    @Nullable String dataHash,
    int pairs,
    int validationPairs,
    @Nullable String policy,
    String metrics,
    @Nullable String reason,
    int attempts,
    int lost,
    boolean cancelRequested,
    Instant createdAt,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt) {}
