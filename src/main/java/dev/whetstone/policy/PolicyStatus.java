package dev.whetstone.policy;

import java.util.Locale;

/** Where a version stands on its way to champion. */
public enum PolicyStatus {
  /** May be promoted. */
  READY,
  /** Being compared with the champion. */
  CANDIDATE,
  /** Waits for an operator; nothing promotes it by itself. */
  HELD,
  /** Found worse or unsound. */
  REJECTED;

  /** Its name in the database and in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static PolicyStatus of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
