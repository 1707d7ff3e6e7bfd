package dev.whetstone.preference;

import java.time.Instant;

/** What became of a vote. */
public sealed interface VoteOutcome {
  /** Committed now, or the same vote was committed before ({@code repeated}). */
  record Recorded(
      String preferenceId,
      String user,
      String policyA,
      String policyB,
      Instant at,
      boolean repeated)
      implements VoteOutcome {}

  /** This user chose otherwise before. */
  record Conflict() implements VoteOutcome {}

  /** No such pair, or another's. */
  record Unknown() implements VoteOutcome {}

  /** The time to vote on the pair is over. */
  record Expired() implements VoteOutcome {}
}
