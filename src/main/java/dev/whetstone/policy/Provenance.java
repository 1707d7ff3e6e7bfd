package dev.whetstone.policy;

import org.jspecify.annotations.Nullable;

/**
 * Where an adapter comes from.
 *
 * @param parent version whose adapter the training began with; null when it began with the base or
 *     is not known
 * @param runId the training run, null for imports
 * @param dataHash of the frozen list of preferences it was trained on
 */
public record Provenance(
    @Nullable String parent, @Nullable String runId, @Nullable String dataHash) {
  /** Nothing is known. */
  public static Provenance unknown() {
    return new Provenance(null, null, null);
  }
}
