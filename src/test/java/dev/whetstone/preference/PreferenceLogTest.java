package dev.whetstone.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Database;
import dev.whetstone.preference.rating.VoteWithdrawal;
import dev.whetstone.testing.SharedPostgres;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Votes on a real PostgreSQL: once each, by the pair's owner, before it expires. */
@Tag("database")
class PreferenceLogTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void recordsAVoteOnceForItsOwnerInTime() {
    try (Database database = new Database(SharedPostgres.create())) {
      var log = new PreferenceLog(database, InstantSource.fixed(NOW));
      log.storePair(TestPairs.of("pair_1", "chat_1", "u", NOW.plusSeconds(60)));
      log.storePair(TestPairs.of("pair_2", "chat_1", "u", NOW.minusSeconds(1)));

      var first = new VoteOutcome.Recorded("pref_1", "u", "v0", "v1", NOW, false, null);
      var again = new VoteOutcome.Recorded("pref_1", "u", "v0", "v1", NOW, true, null);
      assertThat(log.vote(request("pref_1", "pair_1", "u", new Choice.A()))).isEqualTo(first);
      assertThat(log.vote(request("pref_2", "pair_1", "u", new Choice.A()))).isEqualTo(again);
      assertThat(log.vote(request("pref_3", "pair_1", "u", new Choice.Tie())))
          .isEqualTo(new VoteOutcome.Conflict());
      database.update(
          "INSERT INTO leases (pair_id, key_id, user_id, leased_until) VALUES (?, ?, ?, ?)",
          "pair_1",
          "rater_1",
          "u",
          NOW.plusSeconds(9));
      assertThat(log.vote(request("pref_6", "pair_1", "rater_1", "u", new Choice.Tie())))
          .as("the user of that name of another key is another voter")
          .isEqualTo(new VoteOutcome.Recorded("pref_6", "u", "v0", "v1", NOW, false, Unusable.TIE));
      assertThat(log.vote(request("pref_4", "pair_1", "other", new Choice.A())))
          .isEqualTo(new VoteOutcome.Unknown());
      assertThat(log.vote(request("pref_5", "pair_2", "u", new Choice.B())))
          .isEqualTo(new VoteOutcome.Expired());
    }
  }

  @Test
  void aVoteIsChangedUntilItCounts() {
    try (Database database = new Database(SharedPostgres.create())) {
      AtomicReference<Instant> now = new AtomicReference<>(NOW);
      var log = new PreferenceLog(database, now::get, Duration.ofSeconds(10));
      var withdrawal = new VoteWithdrawal(database, now::get);
      log.storePair(TestPairs.of("pair_1", "chat_1", "u", NOW.plusSeconds(60)));
      log.storePair(TestPairs.of("pair_2", "chat_1", "u", NOW.plusSeconds(60)));
      chatKey(database);
      log.vote(request("pref_1", "pair_1", "u", new Choice.A()));
      log.vote(request("pref_2", "pair_2", "u", new Choice.A()));

      now.set(NOW.plusSeconds(9));
      assertThat(log.vote(request("pref_3", "pair_1", "u", new Choice.B())))
          .isEqualTo(
              new VoteOutcome.Recorded("pref_1", "u", "v0", "v1", NOW, true, Unusable.RAW_PROMPT));
      assertThat(choice(database, "pref_1")).isEqualTo("b");
      assertThat(withdrawal.takeBack("pref_2", "chat_2", "u"))
          .isEqualTo(VoteWithdrawal.Result.UNKNOWN);
      assertThat(withdrawal.takeBack("pref_2", "chat_1", null))
          .isEqualTo(VoteWithdrawal.Result.TAKEN_BACK);
      log.vote(request("pref_4", "pair_2", "u", new Choice.Tie()));

      now.set(NOW.plusSeconds(20));
      assertThat(log.vote(request("pref_5", "pair_1", "u", new Choice.A())))
          .isEqualTo(new VoteOutcome.Conflict());
      assertThat(withdrawal.takeBack("pref_4", "chat_1", "u"))
          .isEqualTo(VoteWithdrawal.Result.COUNTS);
      assertThat(choice(database, "pref_4")).isEqualTo("tie");
    }
  }

  private static void chatKey(Database database) {
    database.update(
        "INSERT INTO keys (id, role, hash) VALUES ('chat_1', 'chat', ?)", (Object) new byte[32]);
  }

  private static String choice(Database database, String id) {
    return database
        .first(
            row -> row.getString(1), "SELECT choice FROM preferences WHERE preference_id = ?", id)
        .orElseThrow();
  }

  private static VoteRequest request(String id, String pair, String user, Choice choice) {
    return request(id, pair, "chat_1", user, choice);
  }

  private static VoteRequest request(
      String id, String pair, String key, String user, Choice choice) {
    return new VoteRequest(id, pair, key, user, choice, null, List.of(), null);
  }
}
