package dev.whetstone.training;

import dev.whetstone.settings.Labelled;

/** The status of a training run: queued, running, then one of three final ones. */
public enum RunStatus implements Labelled {
  QUEUED,
  RUNNING,
  SUCCEEDED,
  FAILED,
  CANCELLED;

  /** Whether the run has not ended yet. */
  public boolean active() {
    return this == QUEUED || this == RUNNING;
  }
}
