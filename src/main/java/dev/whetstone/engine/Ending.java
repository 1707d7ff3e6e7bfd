package dev.whetstone.engine;

import static dev.whetstone.settings.Checks.require;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What ends a completion before its limit of tokens, besides the model's end tokens.
 *
 * @param stops stop sequences, which end a completion and are cut from it
 * @param includeStop whether the stop sequence stays in the text
 * @param tokens further ids that end a completion as end tokens do
 * @param minTokens as many tokens come whatever they are: no end token is sampled before, and no
 *     stop sequence is looked for
 * @param ignoreEos continue after the model's end tokens (load tests)
 */
public record Ending(
    List<String> stops,
    boolean includeStop,
    Set<Integer> tokens,
    int minTokens,
    boolean ignoreEos) {
  /** The model's end tokens alone. */
  public static final Ending NATURAL = new Ending(List.of(), false, Set.of(), 0, false);

  /** Nothing: a completion is as long as its limit. */
  public static final Ending NEVER = new Ending(List.of(), false, Set.of(), 0, true);

  public Ending {
    stops = List.copyOf(stops);
    tokens = Set.copyOf(tokens);
    require(stops.stream().noneMatch(String::isEmpty), "a stop sequence is empty");
    require(minTokens >= 0, "min_tokens must not be negative");
  }

  /** The same with other stop sequences. */
  public Ending withStops(List<String> others) {
    return new Ending(others, includeStop, tokens, minTokens, ignoreEos);
  }

  /** The ids that end a completion of a model with these end tokens. */
  Set<Integer> tokens(Set<Integer> eosIds) {
    Set<Integer> all = new HashSet<>(tokens);
    if (!ignoreEos) {
      all.addAll(eosIds);
    }
    return all;
  }

  /** Whether it is what a request has that says nothing, but for stop sequences. */
  public boolean isPlain() {
    return withStops(List.of()).equals(NATURAL);
  }
}
