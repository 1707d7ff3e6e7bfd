package dev.whetstone.gateway.events;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.rollout.RolloutStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads events from the database. However many clients follow, where the events end is read once in
 * {@link #PERIOD}, and a client reads only when there is something new for it.
 *
 * <p>What was the end a period ago has settled: transactions that take numbers in another order
 * than they commit in are over by then, so that no client passes over an event. Of votes, which may
 * take longer, the log itself tells how far it is settled. Thread-safe.
 */
final class EventFeed {
  static final Duration PERIOD = Duration.ofSeconds(1);

  private static final Duration STALE = PERIOD.multipliedBy(5);

  /** A run changes three times at most, and only one run at a time: older ones change no more. */
  private static final int RECENT_RUNS = 200;

  private static final String END =
      """
      SELECT (SELECT coalesce(max(decision_id), 0) FROM rollout_decisions) AS decision,
        (SELECT coalesce(max((extract(epoch FROM
            greatest(created_at, started_at, finished_at)) * 1000000)::bigint), 0)
          FROM (SELECT * FROM training_runs ORDER BY seq DESC LIMIT %d) AS recent) AS run,
        settled_votes() AS vote
      """
          .formatted(RECENT_RUNS);

  private static final String DECISIONS =
      """
      SELECT d.decision_id, d.rollout_id, r.candidate, d.decision, d.ending, d.reason, d.at
      FROM rollout_decisions d JOIN rollouts r USING (rollout_id)
      WHERE d.decision_id > ? AND d.decision_id <= ? ORDER BY d.decision_id LIMIT ?
      """;

  private static final String RUNS =
      """
      SELECT * FROM (
        SELECT r.run_id, change.status, r.policy, change.reason, change.at, r.seq, change.place,
          (extract(epoch FROM change.at) * 1000000)::bigint AS micros
        FROM (SELECT * FROM training_runs ORDER BY seq DESC LIMIT %d) AS r
          CROSS JOIN LATERAL (VALUES (1, 'queued', NULL, r.created_at),
            (2, 'running', NULL, r.started_at), (3, r.status, r.reason, r.finished_at))
            AS change (place, status, reason, at)) AS changes
      WHERE micros > ? AND micros <= ? ORDER BY micros, seq, place LIMIT ?
      """
          .formatted(RECENT_RUNS);

  private static final String VOTES =
      """
      SELECT count(*) AS votes, count(*) FILTER (WHERE choice = 'a') AS a,
        count(*) FILTER (WHERE choice = 'b') AS b, count(*) FILTER (WHERE choice = 'tie') AS tie,
        count(*) FILTER (WHERE choice = 'both_bad') AS both_bad
      FROM preferences WHERE seq > ? AND seq <= ? AND NOT imported
      """;

  private record Reading(EventPosition end, Instant at) {}

  private final Database database;
  private final InstantSource clock;
  private @Nullable Reading last;
  private EventPosition settled = new EventPosition(0, 0, 0);

  EventFeed(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Where the settled events end. */
  synchronized EventPosition end() {
    Instant now = clock.instant();
    Reading before = last;
    if (before != null && now.isBefore(before.at().plus(PERIOD))) {
      return settled;
    }
    EventPosition end = database.first(EventFeed::position, END).orElseThrow();
    settled = before == null || now.isAfter(before.at().plus(STALE)) ? end : before.end();
    last = new Reading(end, now);
    return settled;
  }

  /**
   * What was read.
   *
   * @param position from where to read on
   */
  record Batch(List<Event> events, EventPosition position) {}

  /** Reads events after a position, at most {@code limit} of decisions and of runs. */
  Batch between(EventPosition after, EventPosition end, int limit) {
    List<Event> events = new ArrayList<>();
    EventPosition position = after;
    for (Numbered<Event.DecisionMade> made : decisions(after.decision(), end.decision(), limit)) {
      position = position.withDecision(made.number());
      events.add(new Event(position, made.data()));
    }
    for (Numbered<Event.RunChanged> changed : runs(after.runMicros(), end.runMicros(), limit)) {
      position = position.withRunMicros(changed.number());
      events.add(new Event(position, changed.data()));
    }
    if (after.vote() < end.vote()) {
      position = position.withVote(end.vote());
      Event.VotesCast votes = votes(after.vote(), end.vote());
      if (votes.votes() > 0) {
        events.add(new Event(position, votes));
      }
    }
    return new Batch(List.copyOf(events), position);
  }

  private record Numbered<T>(long number, T data) {}

  private List<Numbered<Event.DecisionMade>> decisions(long after, long end, int limit) {
    return after >= end
        ? List.of()
        : database.list(
            row ->
                new Numbered<>(
                    row.getLong("decision_id"),
                    new Event.DecisionMade(
                        row.getString("rollout_id"),
                        row.getString("candidate"),
                        RolloutStatus.ofStored(row.getString("decision"), row.getString("ending"))
                            .label(),
                        row.getString("reason"),
                        Sql.instant(row, "at"))),
            DECISIONS,
            after,
            end,
            limit);
  }

  private List<Numbered<Event.RunChanged>> runs(long after, long end, int limit) {
    return after >= end
        ? List.of()
        : database.list(
            row ->
                new Numbered<>(
                    row.getLong("micros"),
                    new Event.RunChanged(
                        row.getString("run_id"),
                        row.getString("status"),
                        row.getString("policy"),
                        row.getString("reason"),
                        Sql.instant(row, "at"))),
            RUNS,
            after,
            end,
            limit);
  }

  private Event.VotesCast votes(long after, long end) {
    return database
        .first(
            row ->
                new Event.VotesCast(
                    row.getLong("votes"),
                    row.getLong("a"),
                    row.getLong("b"),
                    row.getLong("tie"),
                    row.getLong("both_bad")),
            VOTES,
            after,
            end)
        .orElseThrow();
  }

  private static EventPosition position(ResultSet row) throws SQLException {
    return new EventPosition(row.getLong("decision"), row.getLong("run"), row.getLong("vote"));
  }
}
