package dev.whetstone.rollout;

import java.util.Locale;

/** Where a candidate is on its way. */
public enum RolloutStatus {
  /** The gate measures it. */
  GATING,
  /** It writes one side of a share of the pairs. */
  DUELLING,
  /** It passed the gate and waits for an operator. */
  WAITING,
  PROMOTED,
  REJECTED,
  /** Nothing was found against it, nor enough for it. */
  HELD,
  /** A guard-rail took it back. */
  ROLLED_BACK,
  CANCELLED;

  /** Whether it is under way. */
  public boolean active() {
    return this == GATING || this == DUELLING || this == WAITING;
  }

  /** Its name in the database and in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static RolloutStatus of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
