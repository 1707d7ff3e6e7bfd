package dev.whetstone.rollout;

import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;

/** What a candidate must pass before it is champion. */
public enum RolloutMode implements Labelled {
  /** The gate, then a duel. */
  DUEL,
  /** The gate alone. */
  AUTOMATIC,
  /** The gate, then an operator. */
  MANUAL;

  /**
   * Parses a label.
   *
   * @throws IllegalArgumentException when no mode has this label
   */
  public static RolloutMode of(String label) {
    String problem = "mode must be duel, automatic or manual, not " + label;
    return EnumNames.find(label, values()).orElseThrow(() -> new IllegalArgumentException(problem));
  }
}
