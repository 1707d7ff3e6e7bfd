package dev.whetstone.rollout.duel;

/** What follows from the votes of a duel so far. */
public enum DuelVerdict {
  PROMOTE,
  REJECT,
  CONTINUE
}
