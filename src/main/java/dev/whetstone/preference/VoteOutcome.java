package dev.whetstone.preference;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The result of casting a vote. */
public sealed interface VoteOutcome {
  /**
   * The vote is committed.
   *
   * @param repeated whether it was committed before: an equal vote, or one that this changed
   * @param unusable why it is not trained on or counted; null where it is
   */
  record Recorded(
      String preferenceId,
      String user,
      String policyA,
      String policyB,
      Instant at,
      boolean repeated,
      @Nullable Unusable unusable)
      implements VoteOutcome {
    Recorded withUnusable(@Nullable Unusable reason) {
      return new Recorded(preferenceId, user, policyA, policyB, at, repeated, reason);
    }
  }

  /** This user made another choice on the pair before, and can no longer change it. */
  record Conflict() implements VoteOutcome {}

  /** There is no such pair, or it is not open to this key and user. */
  record Unknown() implements VoteOutcome {}

  /** The pair or the lease has expired. */
  record Expired() implements VoteOutcome {}
}
