package dev.whetstone.rollout.duel;

import dev.whetstone.settings.Labelled;

/**
 * Whose completions are counted in a duel or in a watch, where the champion is the one in question.
 */
public enum Arm implements Labelled {
  /** The candidate's side of a pair with both. */
  CANDIDATE,
  /** The champion's side of a pair with both. */
  CHAMPION,
  /** The champion in pairs without the candidate. */
  ALONE,
  /** The candidate in single answers. */
  CANDIDATE_ANSWERS,
  /** The champion in single answers. */
  CHAMPION_ANSWERS
}
