package dev.whetstone.gateway.events;

import static dev.whetstone.preference.LogFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.LogTest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What operators are told of, on a real PostgreSQL. */
@Tag("database")
class EventFeedTest extends LogTest {
  private Instant now = NOW;
  private EventFeed feed;

  @BeforeEach
  void aFeed() {
    feed = new EventFeed(log.database, () -> now);
  }

  @Test
  void tellsDecisionsRunsAndVotesOnceAndFromAnyPosition() {
    EventPosition start = settled();
    String pair = log.storePair("ann", "1", "x", "y", "v0", "v1");
    log.vote(pair, "ann", "a");
    log.vote(pair, "bob", "tie");
    log.execute(
        """
        INSERT INTO training_runs (run_id, base_hash, trigger, requested_by, config, status, policy,
          created_at, started_at, finished_at)
        VALUES ('run_1', 'base', 'votes', 'trainer', '{}', 'succeeded', 'v1',
          now(), now() + interval '1 second', now() + interval '2 seconds')
        """);
    log.execute(
        """
        INSERT INTO rollouts (rollout_id, base_hash, candidate, candidate_hash, champion,
          champion_hash, mode, share, status)
        VALUES ('rollout_1', 'base', 'v1', 'h1', 'v0', 'h0', 'duel', 0.5, 'promoted')
        """);
    for (String decision : List.of("gating", "duelling", "promoted")) {
      log.execute(
          "INSERT INTO rollout_decisions (rollout_id, decision, actor, reason, numbers)"
              + " VALUES ('rollout_1', ?, 'referee', 'so it was', '{}')",
          decision);
    }

    EventPosition end = settled();
    assertThat(start.isBefore(end)).isTrue();
    EventFeed.Batch all = feed.between(start, end, 100);

    assertThat(names(all.events()))
        .containsExactly(
            "decision gating",
            "decision duelling",
            "decision promoted",
            "run queued",
            "run running",
            "run succeeded",
            "votes 2");
    assertThat(all.events().getLast().data()).isEqualTo(new Event.VotesCast(2, 1, 0, 1, 0));
    assertThat(all.position()).isEqualTo(end);
    assertThat(feed.between(end, end, 100).events()).isEmpty();
    for (int i = 0; i < all.events().size(); i++) {
      EventPosition seen = EventPosition.parse(all.events().get(i).position().id()).orElseThrow();
      assertThat(feed.between(seen, end, 100).events())
          .isEqualTo(all.events().subList(i + 1, all.events().size()));
    }
    assertThat(inBatches(start, end, 1))
        .containsExactlyInAnyOrderElementsOf(all.events().stream().map(Event::data).toList());
  }

  @Test
  void whatIsNewSettlesOnePeriodLater() {
    EventPosition before = settled();
    log.vote(log.storePair("ann", "1", "x", "y", "v0", "v1"), "ann", "a");

    assertThat(feed.end()).as("within the period").isEqualTo(before);
    now = now.plus(EventFeed.PERIOD);
    assertThat(feed.end()).as("seen, not settled").isEqualTo(before);
    now = now.plus(EventFeed.PERIOD);
    assertThat(feed.end().vote()).isGreaterThan(before.vote());
  }

  @Test
  void importedVotesAreNoEvent() {
    EventPosition before = settled();
    log.vote(log.storePair("ann", "1", "x", "y", "v0", "v1"), "ann", "a");
    log.execute("UPDATE preferences SET imported = true");

    EventFeed.Batch batch = feed.between(before, settled(), 100);

    assertThat(batch.events()).isEmpty();
    assertThat(batch.position().vote()).isGreaterThan(before.vote());
  }

  @Test
  void anIdIsThreeNumbers() {
    EventPosition position = new EventPosition(3, 1_700_000_000_000_000L, 12);
    assertThat(EventPosition.parse(position.id())).contains(position);
    for (String other :
        List.of("", "1.2", "1.2.3.4", "-1.2.3", "a.b.c", "1.2.1234567890123456789")) {
      assertThat(EventPosition.parse(other)).as(other).isEmpty();
    }
  }

  private EventPosition settled() {
    feed.end();
    now = now.plus(EventFeed.PERIOD);
    feed.end();
    now = now.plus(EventFeed.PERIOD);
    return feed.end();
  }

  private List<Event.Data> inBatches(EventPosition start, EventPosition end, int limit) {
    List<Event.Data> events = new ArrayList<>();
    EventPosition position = start;
    for (int i = 0; i < 20 && position.isBefore(end); i++) {
      EventFeed.Batch batch = feed.between(position, end, limit);
      batch.events().forEach(event -> events.add(event.data()));
      position = batch.position();
    }
    return events;
  }

  private static List<String> names(List<Event> events) {
    return events.stream()
        .map(
            event ->
                event.data().name()
                    + " "
                    + switch (event.data()) {
                      case Event.DecisionMade made -> made.decision();
                      case Event.RunChanged changed -> changed.status();
                      case Event.VotesCast votes -> Long.toString(votes.votes());
                    })
        .toList();
  }
}
