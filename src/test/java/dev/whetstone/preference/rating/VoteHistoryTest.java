package dev.whetstone.preference.rating;

import static dev.whetstone.preference.LogFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.preference.LogTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("database")
class VoteHistoryTest extends LogTest {
  @Test
  void votesAndRatingsAreCountedByStretchOfTime() {
    for (String choice : new String[] {"a", "b", "tie", "both_bad"}) {
      String pair = log.storePair("ann", "how", "good", "bad", "v0", "v1");
      log.vote(pair, "bob", choice);
    }
    log.rate("ann", "how", "up");
    log.rate("ann", "why", "down");
    VoteHistory history = new VoteHistory(log.database);

    assertThat(history.since(NOW.minusSeconds(1), 3600))
        .containsExactly(new VoteHistory.Bucket(NOW, 4, 1, 1, 1, 1, 1));
    assertThat(history.since(NOW.plusSeconds(3600), 3600)).isEmpty();
  }
}
