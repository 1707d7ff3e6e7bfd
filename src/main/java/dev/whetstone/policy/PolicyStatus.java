package dev.whetstone.policy;

import java.util.Locale;

/** Whether a version may become champion. */
public enum PolicyStatus {
  /** May be promoted. */
  READY,
  /** Is being compared with the champion. */
  CANDIDATE,
  /** Waits for an operator; never promoted automatically. */
  HELD,
  /** Was found worse than the champion, or unsafe. */
  REJECTED;

  /** Its name in the database and in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static PolicyStatus of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
