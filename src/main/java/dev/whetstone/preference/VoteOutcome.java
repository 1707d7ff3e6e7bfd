package dev.whetstone.preference;

import java.time.Instant;

/** The result of casting a vote. */
public sealed interface VoteOutcome {
  /** The vote is committed; {@code repeated} when an equal vote was committed before. */
  record Recorded(
      String preferenceId,
      String user,
      String policyA,
      String policyB,
      Instant at,
      boolean repeated)
      implements VoteOutcome {}

  /** This user made another choice on the pair before. */
  record Conflict() implements VoteOutcome {}

  /** There is no such pair, or it is not open to this key and user. */
  record Unknown() implements VoteOutcome {}

  /** The pair or the lease has expired. */
  record Expired() implements VoteOutcome {}
}
