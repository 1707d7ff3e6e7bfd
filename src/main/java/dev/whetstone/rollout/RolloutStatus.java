package dev.whetstone.rollout;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How far a candidate has come. */
public enum RolloutStatus {
  /** The gate measures it. */
  GATING("gating", "gating", null),
  /** It writes one side of a share of the pairs. */
  DUELLING("duelling", "duelling", null),
  /** It passed the gate and waits for an operator. */
  AWAITING_APPROVAL("awaiting_approval", "waiting", null),
  PROMOTED("promoted", "promoted", null),
  /** Was promoted, and taken back since. */
  ROLLED_BACK("rolled_back", "promoted", "rolled_back"),
  REJECTED("rejected", "rejected", null),
  /** Nothing was found against it, nor enough for it. */
  INCONCLUSIVE("inconclusive", "held", null),
  /** A newer candidate went first, or the champion that it was to replace is gone. */
  SUPERSEDED("superseded", "held", "superseded"),
  /** A guard-rail ended its duel; it was never champion. */
  ABORTED("aborted", "rolled_back", null),
  /** An operator ended it. */
  CANCELLED("aborted", "cancelled", null);

  private final String label;
  private final String stored;
  private final @Nullable String ending;

  RolloutStatus(String label, String stored, @Nullable String ending) {
    this.label = label;
    this.stored = stored;
    this.ending = ending;
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

  /** What is stored beside that name, because version 0.1 has no name for it. */
  public @Nullable String ending() {
    return ending;
  }

  public static RolloutStatus ofStored(String stored, @Nullable String ending) {
    return Arrays.stream(values())
        .filter(status -> status.stored.equals(stored) && Objects.equals(status.ending, ending))
        .findAny()
        .orElseThrow(() -> new IllegalArgumentException("no status of a rollout: " + stored));
  }
}
