package dev.whetstone.preference;

import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;

/**
 * Who judged. Only people's votes are evidence for or against a candidate; others are trained on
 * like those, and shown apart.
 */
public enum VoteSource implements Labelled {
  /** A person. */
  HUMAN,
  /** Another model. */
  JUDGE,
  /** A program, such as a test. */
  RULE,
  /** Nobody voted: the pair is an answer and what a user made of it. */
  EDIT,
  /** Nobody voted: the pair is two answers that a user rated differently. */
  RATING;

  /**
   * The source with a name, as in {@code judge}, that a voter may give.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static VoteSource of(String label) {
    return EnumNames.find(label, new VoteSource[] {HUMAN, JUDGE, RULE})
        .orElseThrow(
            () ->
                new IllegalArgumentException("source must be human, judge or rule, not " + label));
  }

  /** The source that is stored with a vote. */
  public static VoteSource ofStored(String label) {
    return EnumNames.parse("source", label, values());
  }
}
