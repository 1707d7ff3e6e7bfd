package dev.whetstone.training;

import java.util.Locale;

/** The status of a training run: queued, running, then one of three final ones. */
public enum RunStatus {
  QUEUED,
  RUNNING,
  SUCCEEDED,
  FAILED,
  CANCELLED;

  /** Whether the run has not ended yet. */
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
