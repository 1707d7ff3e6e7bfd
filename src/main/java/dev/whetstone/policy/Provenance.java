package dev.whetstone.policy;

import org.jspecify.annotations.Nullable;

/**
 * Where an adapter comes from.
 *
 * @param parent version whose adapter the training continued; null when it began with the base or
 *     that is unknown
 * @param runId the training run; null for imports
 * @param dataHash hash of the frozen list of preferences that it was trained on
 */
public record Provenance(
    @Nullable String parent, @Nullable String runId, @Nullable String dataHash) {
  /** Of an adapter about whose training nothing is known. */
  public static Provenance unknown() {
    return new Provenance(null, null, null);
  }
}
