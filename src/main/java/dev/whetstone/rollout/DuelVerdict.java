package dev.whetstone.rollout;

/** What the votes of a duel say so far. */
public enum DuelVerdict {
  PROMOTE,
  REJECT,
  CONTINUE
}
