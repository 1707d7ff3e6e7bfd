package dev.whetstone.training;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A training run as the database knows it.
 *
 * @param seq grows from run to run
 * @param config settings as a JSON object: those asked for, or once the data is frozen all of them
 * @param parent version whose adapter it began with; null until the data is frozen
 * @param dataHash of the frozen list of preferences; null until then
 * @param pairs that it trains on
 * @param heldOut pairs that it is judged by
 * @param policy the version it made
 * @param metrics the last that it reported, as a JSON object by TRL's names
 * @param reason why it ended as it did
 * @param attempts how often a trainer took it up
 * @param cancelRequested someone asked it to end
 */
public record TrainingRun(
    String id,
    long seq,
    RunStatus status,
    RunTrigger trigger,
    String requestedBy,
    String config,
    @Nullable String parent,
    @Nullable String dataHash,
    int pairs,
    int heldOut,
    @Nullable String policy,
    String metrics,
    @Nullable String reason,
    int attempts,
    boolean cancelRequested,
    Instant createdAt,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt) {}
