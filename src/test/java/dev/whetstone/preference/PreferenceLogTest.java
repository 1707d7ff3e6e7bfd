package dev.whetstone.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Votes on a real PostgreSQL: once each, by the pair's owner, before it expires. */
@Tag("database")
class PreferenceLogTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path home;

  @Test
  void recordsAVoteOnceForItsOwnerInTime() {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      var log = new PreferenceLog(database, InstantSource.fixed(NOW));
      log.storePair(TestPairs.of("pair_1", "chat_1", "u", NOW.plusSeconds(60)));
      log.storePair(TestPairs.of("pair_2", "chat_1", "u", NOW.minusSeconds(1)));

      var first = new VoteOutcome.Recorded("pref_1", "u", "v0", "v1", NOW, false);
      var again = new VoteOutcome.Recorded("pref_1", "u", "v0", "v1", NOW, true);
      assertThat(log.vote(request("pref_1", "pair_1", "u", new Choice.A()))).isEqualTo(first);
      assertThat(log.vote(request("pref_2", "pair_1", "u", new Choice.A()))).isEqualTo(again);
      assertThat(log.vote(request("pref_3", "pair_1", "u", new Choice.Tie())))
          .isEqualTo(new VoteOutcome.Conflict());
      assertThat(log.vote(request("pref_4", "pair_1", "other", new Choice.A())))
          .isEqualTo(new VoteOutcome.Unknown());
      assertThat(log.vote(request("pref_5", "pair_2", "u", new Choice.B())))
          .isEqualTo(new VoteOutcome.Expired());
    }
  }

  private static VoteRequest request(String id, String pair, String user, Choice choice) {
    return new VoteRequest(id, pair, "chat_1", user, choice, null, List.of(), null);
  }
}
