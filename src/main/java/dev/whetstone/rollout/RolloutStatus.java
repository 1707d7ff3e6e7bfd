package dev.whetstone.rollout;

import java.util.Arrays;

/** How far a candidate has come. */
public enum RolloutStatus {
  /** The gate measures it. */
  GATING("gating", "gating"),
  /** It writes one side of a share of the pairs. */
  DUELLING("duelling", "duelling"),
  /** It passed the gate and waits for an operator. */
  AWAITING_APPROVAL("awaiting_approval", "waiting"),
  PROMOTED("promoted", "promoted"),
  REJECTED("rejected", "rejected"),
  /** Nothing was found against it, nor enough for it. */
  INCONCLUSIVE("inconclusive", "held"),
  /** A guard-rail ended its duel; it was never champion. */
  ABORTED("aborted", "rolled_back"),
  /** An operator ended it. */
  CANCELLED("aborted", "cancelled");

  private final String label;
  private final String stored;

  RolloutStatus(String label, String stored) {
    this.label = label;
    this.stored = stored;
  }

  /** Whether it is under way. */
  public boolean active() {
    return this == GATING || this == DUELLING || this == AWAITING_APPROVAL;
  }

  /** Its name in JSON and in the audit log. */
  public String label() {
    return label;
  }

  /** Its name in the database, where version 0.1 wrote and reads it too. */
  public String stored() {
    return stored;
  }

  static RolloutStatus ofStored(String stored) {
    return Arrays.stream(values())
        .filter(status -> status.stored.equals(stored))
        .findAny()
        .orElseThrow(() -> new IllegalArgumentException("no status of a rollout: " + stored));
  }
}
