package dev.whetstone.rollout;

import java.util.Map;
import java.util.TreeMap;

/** The next status, why, and the numbers that the decision is based on. */
record Transition(RolloutStatus to, String reason, Map<String, Double> numbers) {
  Transition(RolloutStatus to, String reason) {
    this(to, reason, Map.of());
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
