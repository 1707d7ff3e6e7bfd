package dev.whetstone.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A version of a succeeded run that has no rollout yet.
 *
 * @param parent version that its training began with
 * @param metrics that the run stored, a JSON object
 * @param startedAt when the run began
 * @param finishedAt since when it waits
 */
public record Candidate(
    String version,
    String runId,
    @Nullable String parent,
    String metrics,
    Instant startedAt,
    Instant finishedAt) {
  /** The id that its rollout will have. */
  public String rolloutId() {
    return rolloutId(runId);
  }

  /** The id of a run's first rollout, known before it begins. */
  static String rolloutId(String runId) {
    return "rollout_" + runId.substring(runId.indexOf('_') + 1);
  }
}
