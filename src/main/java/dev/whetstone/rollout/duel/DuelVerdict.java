package dev.whetstone.rollout.duel;

/** What the votes of a duel say so far. */
public enum DuelVerdict {
  PROMOTE,
  REJECT,
  CONTINUE
}
