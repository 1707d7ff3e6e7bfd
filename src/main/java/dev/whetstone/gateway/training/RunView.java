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
 * @param policy the version that the run produced
 * @param metrics the last reported metrics, by TRL's names
 * @param trigger votes, schedule or call
 * @param config the requested settings; all settings once the run's data is frozen
 * @param fromBase whether it was asked to begin with the base, however long that takes
 * @param parent version whose adapter training started from
 * @param attempts how often a trainer started or resumed the run
 */
public record RunView(
    String id,
    String status,
    @Nullable String policy,
    @Schema(implementation = Map.class) @JsonRawValue String metrics,
    String trigger,
    String requestedBy,
    @Schema(implementation = Map.class) @JsonRawValue String config,
    boolean fromBase,
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
        run.fromBase(),
        run.parent(),
        run.dataHash(),
        run.pairs(),
        run.validationPairs(),
        run.reason(),
        run.attempts(),
        run.cancelRequested(),
        run.createdAt(),
        run.startedAt(),
        run.finishedAt());
  }
}
