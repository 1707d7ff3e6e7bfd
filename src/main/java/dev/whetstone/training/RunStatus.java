package dev.whetstone.training;

import java.util.Locale;

/** Where a training run is in its life. */
public enum RunStatus {
  QUEUED,
  RUNNING,
  SUCCEEDED,
  FAILED,
  CANCELLED;

  /** Whether it may still become a version. */
  public boolean active() {
    return this == QUEUED || this == RUNNING;
  }

  /** Its name in the database and in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static RunStatus of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
