package dev.whetstone.preference;

import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;

/**
 * Who judged. Votes of judges and rules are trained on like those of people; they are no evidence
 * for or against a candidate and are shown apart.
 */
public enum VoteSource implements Labelled {
  /** A person. */
  HUMAN,
  /** Another model. */
  JUDGE,
  /** A program, such as a test. */
  RULE;

  /**
   * The source with a name, as in {@code judge}.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static VoteSource of(String label) {
    return EnumNames.find(label, values())
        .orElseThrow(
            () ->
                new IllegalArgumentException("source must be human, judge or rule, not " + label));
  }
}
