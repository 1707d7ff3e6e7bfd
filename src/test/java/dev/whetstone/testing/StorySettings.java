package dev.whetstone.testing;

import dev.whetstone.lab.LabSettings;
import java.util.HashMap;
import java.util.Map;

/**
 * Settings of the processes of a story: the product's own, on the tiny model. A story that cannot
 * do with them adds its own and says why.
 */
public final class StorySettings {
  private StorySettings() {}

  /**
   * The demo's settings: the product's recipe, gate and duel. Runs begin when the story asks for
   * one, so that it knows which votes they read; nobody takes back what simulated users choose.
   */
  public static Map<String, String> product() {
    Map<String, String> settings = new HashMap<>(LabSettings.DEMO);
    settings.put("WHETSTONE_TRAINER_VOTES", "0");
    settings.put("WHETSTONE_PREFERENCE_UNDO_WINDOW", "PT0S");
    return settings;
  }

  /** As {@link #product}; a candidate waits for an operator, so that nothing moves by itself. */
  public static Map<String, String> manual() {
    Map<String, String> settings = product();
    settings.put("WHETSTONE_ROLLOUT_MODE", "manual");
    return settings;
  }

  /**
   * For stories of candidates that duels turn down. The product's trainer would stop before such a
   * one is as bad as that, and its gate would refuse it: both let everything pass here. What is
   * kept is the duel and its guard-rails, but that every pair is in it and no votes are waited for:
   * how many there must be is another test's.
   */
  public static Map<String, String> lettingBadCandidatesDuel() {
    Map<String, String> settings = product();
    settings.putAll(
        Map.of(
            "WHETSTONE_TRAINER_MAX_PAIRS", "150",
            "WHETSTONE_TRAINER_SETTINGS",
                "{\"epochs\": 4, \"batch_size\": 4, \"eval_share\": 0.4, \"kl_budget\": 1000,"
                    + " \"kl_step_budget\": 1000, \"held_out_slack\": 1000}",
            "WHETSTONE_ROLLOUT_DUEL_SHARE", "1",
            "WHETSTONE_ROLLOUT_DUEL_MIN_VOTES", "0"));
    settings.putAll(
        Map.of(
            "WHETSTONE_ROLLOUT_GATE_KL_BUDGET", "1e30",
            "WHETSTONE_ROLLOUT_GATE_KL_STEP_BUDGET", "1e30",
            "WHETSTONE_ROLLOUT_GATE_MAX_PERPLEXITY_RATIO", "1e30",
            "WHETSTONE_ROLLOUT_GATE_MIN_LENGTH_RATIO", "0.001",
            "WHETSTONE_ROLLOUT_GATE_MAX_LENGTH_RATIO", "1000",
            "WHETSTONE_ROLLOUT_GATE_MAX_TRUNCATED_EXCESS", "1",
            "WHETSTONE_ROLLOUT_GATE_MAX_EMPTY_EXCESS", "1"));
    return settings;
  }
}
