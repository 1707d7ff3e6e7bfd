package dev.whetstone.gateway.events;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far a client has been told; the id of every event, so that any gateway can go on from it.
 *
 * @param decision id of the last decision
 * @param runMicros time of the last change of a run, in microseconds since 1970
 * @param vote position in the log of the last vote that was counted
 */
record EventPosition(long decision, long runMicros, long vote) {
  private static final Pattern FORMAT =
      Pattern.compile("([0-9]{1,18})\\.([0-9]{1,18})\\.([0-9]{1,18})");

  /** Reads an event's id; empty when it is none. */
  static Optional<EventPosition> parse(String id) {
    Matcher parts = FORMAT.matcher(id);
    return parts.matches()
        ? Optional.of(
            new EventPosition(
                Long.parseLong(parts.group(1)),
                Long.parseLong(parts.group(2)),
                Long.parseLong(parts.group(3))))
        : Optional.empty();
  }

  /** Whether anything may have happened between this and another position. */
  boolean isBefore(EventPosition other) {
    return decision < other.decision || runMicros < other.runMicros || vote < other.vote;
  }

  EventPosition withDecision(long id) {
    return new EventPosition(id, runMicros, vote);
  }

  EventPosition withRunMicros(long micros) {
    return new EventPosition(decision, micros, vote);
  }

  EventPosition withVote(long seq) {
    return new EventPosition(decision, runMicros, seq);
  }

  /** The id of the event that led here. */
  String id() {
    return decision + "." + runMicros + "." + vote;
  }
}
