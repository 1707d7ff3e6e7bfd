package dev.whetstone.rollout;

import dev.whetstone.settings.Labelled;
import java.util.Map;
import java.util.TreeMap;

/**
 * The next status, why, and the numbers that the decision is based on.
 *
 * @param cause the reason as a word: a {@link Cause}, or the criterion or guard-rail that refused
 */
public record Transition(
    RolloutStatus to, Labelled cause, String reason, Map<String, Double> numbers) {
  /** A step that no numbers decided. */
  public Transition(RolloutStatus to, Labelled cause, String reason) {
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
