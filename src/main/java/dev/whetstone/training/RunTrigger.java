package dev.whetstone.training;

import java.util.Locale;

/** Why a run was started. */
public enum RunTrigger {
  /** Enough new votes. */
  VOTES,
  /** The schedule. */
  SCHEDULE,
  /** A call of POST /training/runs. */
  CALL;

  /** Its name in the database and in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static RunTrigger of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
