package dev.whetstone.preference.trl;

/**
 * A completion that was rated by itself: TRL's unpaired preference.
 *
 * @param answer the prompt with the completion, as both sides of a pair
 * @param label whether the rating was good
 */
public record TrlRating(TrlPair answer, boolean label) {
  /** The text of the completion. */
  public String completion() {
    return answer.chosen();
  }
}
