package dev.whetstone.training;

import dev.whetstone.settings.Labelled;

/** Why a run was started. */
public enum RunTrigger implements Labelled {
  /** Enough new votes. */
  VOTES,
  /** The schedule. */
  SCHEDULE,
  /** A call of POST /training/runs. */
  CALL;
}
