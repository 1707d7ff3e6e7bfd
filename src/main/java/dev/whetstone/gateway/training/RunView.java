package dev.whetstone.gateway.training;

import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.whetstone.training.TrainingRun;
import java.time.Instant;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A training run as the routes show it.
 *
 * @param status queued, running, succeeded, failed or cancelled
 * @param policy the version it made
 * @param metrics the last it reported, by TRL's names
 * @param trigger votes, schedule or call
 * @param config settings asked for; once its data is frozen, all of them
 * @param parent version whose adapter it began with
 * @param attempts how often a trainer took it up
 */
public record RunView(
    String id,
    String status,
    @Nullable String policy,
    @Schema(implementation = Map.class) @JsonRawValue String metrics,
    String trigger,
    String requestedBy,
    @Schema(implementation = Map.class) @JsonRawValue String config,
    @Nullable String parent,
    @Nullable String dataHash,
    int pairs,
    int heldOut,
    @Nullable String reason,
    int attempts,
    boolean cancelRequested,
    Instant createdAt,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt) {
  static RunView of(TrainingRun run) {
    return new RunView(
        run.id(),
        run.status().label(),
        run.policy(),
        run.metrics(),
        run.trigger().label(),
        run.requestedBy(),
        run.config(),
        run.parent(),
        run.dataHash(),
        run.pairs(),
        run.heldOut(),
        run.reason(),
        run.attempts(),
        run.cancelRequested(),
        run.createdAt(),
        run.startedAt(),
        run.finishedAt());
  }
}
