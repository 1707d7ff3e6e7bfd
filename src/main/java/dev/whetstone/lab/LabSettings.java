package dev.whetstone.lab;

import java.util.Map;

/** The environment of the gateways: where it differs from {@code ./run}, and why. */
public final class LabSettings {
  /** Votes come faster than anyone would take them back; all else is what {@code ./run} has. */
  static final Map<String, String> TINY =
      Map.of(
          "WHETSTONE_MODEL", "tiny-reviews",
          "WHETSTONE_PREFERENCE_UNDO_WINDOW", "PT0S");

  /** The default model. */
  static final Map<String, String> REAL = Map.of("WHETSTONE_PREFERENCE_UNDO_WINDOW", "PT0S");

  /** The demo: one run on all its votes, seen soon. */
  public static final Map<String, String> DEMO =
      Map.of(
          "WHETSTONE_MODEL", "tiny-reviews",
          "WHETSTONE_TRAINER_VOTES", Integer.toString(DemoScenario.VOTES),
          "WHETSTONE_TRAINER_MAX_RUNS_A_DAY", "1",
          "WHETSTONE_TRAINER_POLL", "PT0.5S",
          "WHETSTONE_SERVING_POLL", "PT0.5S");

  private LabSettings() {}
}
