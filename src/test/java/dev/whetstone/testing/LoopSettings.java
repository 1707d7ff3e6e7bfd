package dev.whetstone.testing;

import java.util.HashMap;
import java.util.Map;

/** Settings of processes that play the loop on the tiny model in a few seconds a round. */
public final class LoopSettings {
  private LoopSettings() {}

  /**
   * Runs start on request and train on the newest 150 votes of the train part.
   *
   * @param mode of rollouts; every pair of a duel has a side from the candidate
   */
  public static Map<String, String> quick(String mode) {
    return Map.ofEntries(
        Map.entry("WHETSTONE_MODEL", "tiny-reviews"),
        // simulated users do not take votes back
        Map.entry("WHETSTONE_PREFERENCE_UNDO_WINDOW", "PT0S"),
        Map.entry("WHETSTONE_TRAINER_VOTES", "0"),
        Map.entry("WHETSTONE_TRAINER_POLL", "PT0.3S"),
        Map.entry("WHETSTONE_TRAINER_CHECKPOINT_EVERY", "PT0.2S"),
        Map.entry("WHETSTONE_TRAINER_MAX_PAIRS", "150"),
        Map.entry(
            "WHETSTONE_TRAINER_SETTINGS",
            // never stop early: a run ends with its last policy
            "{\"epochs\": 4, \"batch_size\": 4, \"eval_share\": 0.4, \"kl_budget\": 1000,"
                + " \"kl_step_budget\": 1000,"
                + " \"held_out_slack\": 1000}"),
        Map.entry("WHETSTONE_ROLLOUT_MODE", mode),
        Map.entry("WHETSTONE_SERVING_POLL", "PT0.3S"),
        Map.entry("WHETSTONE_ROLLOUT_DUEL_SHARE", "1"),
        // few votes train it roughly: its answers may be far from the reference's
        Map.entry("WHETSTONE_ROLLOUT_GATE_MAX_PERPLEXITY_RATIO", "100"),
        Map.entry("WHETSTONE_ROLLOUT_GATE_KL_BUDGET", "100"),
        Map.entry("WHETSTONE_ROLLOUT_GATE_KL_STEP_BUDGET", "100"),
        Map.entry("WHETSTONE_ROLLOUT_DUEL_MIN_VOTES", "0"),
        Map.entry("WHETSTONE_ROLLOUT_GATE_MIN_LENGTH_RATIO", "0.5"),
        Map.entry("WHETSTONE_ROLLOUT_GATE_MAX_LENGTH_RATIO", "2"));
  }

  /** As {@link #quick} with duels, and a gate that passes every candidate. */
  public static Map<String, String> openGate() {
    Map<String, String> settings = new HashMap<>(quick("duel"));
    settings.put("WHETSTONE_ROLLOUT_GATE_KL_BUDGET", "1e30");
    settings.put("WHETSTONE_ROLLOUT_GATE_KL_STEP_BUDGET", "1e30");
    settings.put("WHETSTONE_ROLLOUT_GATE_MAX_PERPLEXITY_RATIO", "1e30");
    settings.put("WHETSTONE_ROLLOUT_GATE_MIN_LENGTH_RATIO", "0.001");
    settings.put("WHETSTONE_ROLLOUT_GATE_MAX_LENGTH_RATIO", "1000");
    settings.put("WHETSTONE_ROLLOUT_GATE_MAX_TRUNCATED_EXCESS", "1");
    settings.put("WHETSTONE_ROLLOUT_GATE_MAX_EMPTY_EXCESS", "1");
    return settings;
  }
}
