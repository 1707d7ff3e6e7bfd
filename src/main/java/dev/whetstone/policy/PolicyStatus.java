package dev.whetstone.policy;

import dev.whetstone.settings.Labelled;

/** Whether a version may become champion. */
public enum PolicyStatus implements Labelled {
  /** May be promoted. */
  READY,
  /** Is being compared with the champion. */
  CANDIDATE,
  /** Waits for an operator; never promoted automatically. */
  HELD,
  /** Was found worse than the champion, or unsafe. */
  REJECTED;
}
