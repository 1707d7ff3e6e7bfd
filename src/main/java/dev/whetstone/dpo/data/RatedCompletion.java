package dev.whetstone.dpo.data;

import static dev.whetstone.settings.Checks.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * A completion that was rated by itself, as token ids: TRL's unpaired preference.
 *
 * @param id names the example in logs, errors and caches
 * @param prompt rendered by the chat template, at least one id
 * @param completion with its end token {@code [length]}
 * @param mismatched the completion of another prompt, which KTO estimates its reference point with
 * @param desirable whether the rating was good
 * @param weight factor of the example's loss; 1 for a plain rating
 */
public record RatedCompletion(
    String id, int[] prompt, int[] completion, int[] mismatched, boolean desirable, double weight)
    implements Example {
  public RatedCompletion {
    require(prompt.length > 0, "rating " + id + ": prompt has no tokens");
    require(
        completion.length > 0 && mismatched.length > 0,
        "rating " + id + ": completion has no tokens");
    require(
        weight > 0 && Double.isFinite(weight),
        "rating " + id + ": weight must be positive and finite");
  }

  /** A rating whose mismatched completion is not known yet. */
  public RatedCompletion(
      String id, int[] prompt, int[] completion, boolean desirable, double weight) {
    this(id, prompt, completion, completion, desirable, weight);
  }

  @Override
  public int tokens() {
    return prompt.length + completion.length;
  }

  @Override
  public int fullTokens() {
    return tokens();
  }

  /** The completion and the mismatched one, for what scores pairs. */
  public TokenPair asPair() {
    return new TokenPair(id, prompt, completion, mismatched, weight);
  }

  /** The chosen completion of a pair as a good one, and the rejected as a bad one. */
  public static Stream<RatedCompletion> ofPair(TokenPair pair) {
    return Stream.of(
        new RatedCompletion(
            pair.id() + " chosen", pair.prompt(), pair.chosen(), true, pair.weight()),
        new RatedCompletion(
            pair.id() + " rejected", pair.prompt(), pair.rejected(), false, pair.weight()));
  }

  /** The completion twice, as a pair that an export is checked with. */
  public TokenPair asProbe() {
    return new TokenPair(id, prompt, completion, completion, weight);
  }

  /**
   * Cuts completions to a maximum length and gives each prompt the completion before its own within
   * a group, as TRL's KTOTrainer does. One that would be alone in the last group joins the group
   * before.
   *
   * @param maxLength maximum tokens of a prompt and one completion
   * @param groupSize completions that are rotated by one
   * @param dropped receives the ids of those whose prompts leave no token for a completion
   */
  public static List<RatedCompletion> prepare(
      List<RatedCompletion> ratings, int maxLength, int groupSize, List<String> dropped) {
    List<RatedCompletion> fitting = new ArrayList<>();
    for (RatedCompletion rating : ratings) {
      if (rating.prompt.length < maxLength) {
        fitting.add(rating);
      } else {
        dropped.add(rating.id);
      }
    }
    List<RatedCompletion> prepared = new ArrayList<>();
    int size = Math.max(2, groupSize);
    for (int from = 0, to; from < fitting.size(); from = to) {
      to = Math.min(fitting.size(), from + size);
      to = to == fitting.size() - 1 ? fitting.size() : to;
      for (int i = from; i < to; i++) {
        RatedCompletion before = fitting.get(i == from ? to - 1 : i - 1);
        prepared.add(fitting.get(i).cut(before.completion, maxLength));
      }
    }
    return List.copyOf(prepared);
  }

  private RatedCompletion cut(int[] other, int maxLength) {
    int max = maxLength - prompt.length;
    return new RatedCompletion(
        id, prompt, cutTo(completion, max), cutTo(other, max), desirable, weight);
  }

  private static int[] cutTo(int[] ids, int max) {
    return ids.length <= max ? ids : Arrays.copyOf(ids, max);
  }
}
