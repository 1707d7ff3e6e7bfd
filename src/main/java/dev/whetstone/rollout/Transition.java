package dev.whetstone.rollout;

import java.util.Map;
import java.util.TreeMap;

/**
 * The next status, why, and the numbers that the decision is based on.
 *
 * @param cause the reason as a word, of which there are few
 */
public record Transition(
    RolloutStatus to, String cause, String reason, Map<String, Double> numbers) {
  /** A candidate won its duel. */
  static final String VOTES = "votes";

  /** The gate passed. */
  static final String GATE = "gate";

  static final String OPERATOR = "operator";
  static final String WATCH = "watch";
  static final String FUTILE = "futile";
  static final String VOTE_LIMIT = "vote_limit";
  static final String TIME_LIMIT = "time_limit";
  static final String GATE_ERROR = "gate_error";
  static final String DAMAGED = "damaged";
  static final String PARENT_ROLLED_BACK = "parent_rolled_back";
  static final String CHAMPION_CHANGED = "champion_changed";
  static final String NEWER_CANDIDATE = "newer_candidate";
  static final String BETTER_CANDIDATE = "better_candidate";

  /** A step that no numbers decided. */
  public Transition(RolloutStatus to, String cause, String reason) {
    this(to, cause, reason, Map.of());
  }

  /** The numbers for JSON, which has neither NaN nor infinity: they become strings. */
  Map<String, Object> jsonNumbers() {
    Map<String, Object> json = new TreeMap<>();
    numbers.forEach(
        (name, number) ->
            json.put(name, Double.isFinite(number) ? (Object) number : number.toString()));
    return json;
  }
}
