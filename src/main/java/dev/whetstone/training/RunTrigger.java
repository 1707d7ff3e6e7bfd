package dev.whetstone.training;

import java.util.Locale;

/** What made a run start. */
public enum RunTrigger {
  /** Enough new votes. */
  VOTES,
  /** The schedule. */
  SCHEDULE,
  /** A call of the route. */
  CALL;

  /** Its name in the database and in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static RunTrigger of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
