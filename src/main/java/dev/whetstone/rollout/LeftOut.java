package dev.whetstone.rollout;

import dev.whetstone.settings.Labelled;

/** Why a vote or rating is no evidence, whatever {@code VoteAdmission} would say of it. */
enum LeftOut implements Labelled {
  /** No person cast it. */
  SOURCE,
  UNUSABLE,
  TIE,
  BOTH_BAD,
  /** A rating came after its conversation's window. */
  LATE
}
