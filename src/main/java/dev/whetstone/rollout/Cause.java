package dev.whetstone.rollout;

import dev.whetstone.settings.Labelled;

/**
 * Why a rollout has its status, as a word; where the gate or a guard-rail refused a candidate, the
 * criterion or guard-rail is the word.
 */
public enum Cause implements Labelled {
  /** A candidate won its duel. */
  VOTES,
  /** The gate passed. */
  GATE,
  OPERATOR,
  WATCH,
  FUTILE,
  VOTE_LIMIT,
  TIME_LIMIT,
  GATE_ERROR,
  DAMAGED,
  PARENT_ROLLED_BACK,
  CHAMPION_CHANGED,
  NEWER_CANDIDATE,
  BETTER_CANDIDATE
}
