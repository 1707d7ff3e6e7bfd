package dev.whetstone.gateway.events;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened.
 *
 * @param position after it; its id
 */
record Event(EventPosition position, Data data) {
  /** What an event says. */
  sealed interface Data {
    /** The name of the event in the stream. */
    String name();
  }

  /**
   * A decision about a candidate.
   *
   * @param decision label of the status that the rollout got
   */
  record DecisionMade(
      String rollout, String policy, String decision, @Nullable String reason, Instant at)
      implements Data {
    @Override
    public String name() {
      return "decision";
    }
  }

  /**
   * A run that was queued, began or ended.
   *
   * @param status queued, running, succeeded, failed or cancelled
   * @param policy the version that it made; null until it succeeds
   */
  record RunChanged(
      String run, String status, @Nullable String policy, @Nullable String reason, Instant at)
      implements Data {
    @Override
    public String name() {
      return "run";
    }
  }

  /** How many votes were cast since the last such event; votes of files are left out. */
  record VotesCast(long votes, long a, long b, long tie, long bothBad) implements Data {
    @Override
    public String name() {
      return "votes";
    }
  }
}
