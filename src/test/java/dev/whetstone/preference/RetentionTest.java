package dev.whetstone.preference;

import static dev.whetstone.preference.LogFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Audit;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.database.RetentionSweeper;
import dev.whetstone.database.Sweep;
import dev.whetstone.security.SessionRetention;
import dev.whetstone.training.ScoreRetention;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What nobody needs any more goes, and nothing else does. */
@Tag("database")
class RetentionTest extends LogTest {
  private static final Duration DAY = Duration.ofDays(1);

  @Test
  void expiredPairsWithoutAVoteGoAndVotedMarkedAndLateOnesStay() {
    Instant old = NOW.minus(Duration.ofDays(2));
    store("unvoted", old);
    store("voted", old);
    store("marked", old);
    store("late", NOW.minus(Duration.ofHours(2)));
    log.vote("voted", "ann", "a");
    log.execute(
        "INSERT INTO gold_pairs (pair_id, choice, reason, actor) VALUES ('marked', 'a', 'r', 'o')");
    log.execute("INSERT INTO reference_logps VALUES ('base', 'tokens', '{1}')");

    sweep(PairRetention.sweep(DAY));

    assertThat(texts("SELECT pair_id FROM pairs"))
        .containsExactlyInAnyOrder("voted", "marked", "late");
    assertThat(texts("SELECT tokens_hash FROM reference_logps"))
        .as("the cache that erasure empties")
        .containsExactly("tokens");
    log.execute("DELETE FROM pairs WHERE pair_id = 'late'");
    assertThat(texts("SELECT tokens_hash FROM reference_logps")).isEmpty();
  }

  @Test
  void aLongLogIsSweptWindowByWindowAndFurtherPairsLater() {
    log.execute(
        """
        INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, text_a, text_b,
          ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b, hash_a, hash_b,
          base_hash, sampling, created_at, expires_at)
        SELECT 'pair_' || i, 'k', 'u', 'p', '{1}', 'x', 'a', 'b', '{1}', '{2}', '{1}', '{1}', 'stop',
          'stop', 'v0', 'v0', 'h', 'h', 'base', '{}', now(), '2025-12-01'::timestamptz
        FROM generate_series(1, 2500) AS i
        """);
    Sweep sweep = PairRetention.sweep(DAY);

    sweep(sweep);
    assertThat(texts("SELECT pair_id FROM pairs")).isEmpty();

    store("next", NOW.minus(Duration.ofDays(2)));
    sweep(sweep);
    assertThat(texts("SELECT pair_id FROM pairs")).isEmpty();
    store("kept", NOW.minus(Duration.ofDays(2)));
    sweep(PairRetention.sweep(Duration.ZERO));
    assertThat(texts("SELECT pair_id FROM pairs")).as("0 is for ever").containsExactly("kept");
  }

  /**
   * The place in the log had moved on before, so that these pairs stayed as long as the process.
   */
  @Test
  void aWindowWhoseTransactionFailsIsSweptAgain() {
    store("old", NOW.minus(Duration.ofDays(2)));
    Sweep whole = PairRetention.sweep(DAY);
    AtomicBoolean failing = new AtomicBoolean(true);
    Sweep sweep =
        new Sweep(
            whole.what(),
            whole.retention(),
            (connection, before) -> {
              Sweep.Result result = whole.batch().delete(connection, before);
              if (failing.getAndSet(false)) {
                throw new DatabaseUnavailableException("lost before the commit");
              }
              return result;
            });

    sweep(sweep);
    assertThat(texts("SELECT pair_id FROM pairs")).containsExactly("old");
    sweep(sweep);
    assertThat(texts("SELECT pair_id FROM pairs")).isEmpty();
  }

  @Test
  void scoresOfEndedRunsGoUnlessTheirRolloutIsUnderWay() {
    for (String run : List.of("done", "rolling", "young")) {
      log.execute(
          "INSERT INTO training_runs (run_id, base_hash, status, trigger, requested_by, config,"
              + " finished_at) VALUES ('%s', 'b', 'succeeded', 'call', 'me', '{}', '%s')"
                  .formatted(run, run.equals("young") ? NOW : NOW.minus(Duration.ofDays(40))));
      log.execute(
          "INSERT INTO run_scores VALUES ('%s', 'p', '{1}', '{1}', '{1}', '{1}')".formatted(run));
    }
    log.execute(
        "INSERT INTO rollouts (base_hash, run_id, candidate, candidate_hash, champion,"
            + " champion_hash, mode, share, status)"
            + " VALUES ('b', 'rolling', 'v1', 'h', 'v0', 'g', 'duel', 0.5, 'gating')");

    sweep(ScoreRetention.sweep(Duration.ofDays(30)));

    assertThat(texts("SELECT run_id FROM run_scores"))
        .containsExactlyInAnyOrder("rolling", "young");
    log.execute("DELETE FROM run_scores");
  }

  @Test
  void endedSessionsAndOldEntriesOfTheAuditGo() {
    log.execute(
        "INSERT INTO keys (id, role, hash) VALUES ('op', 'operator', sha256('op'))"
            + " ON CONFLICT DO NOTHING");
    session("ended", NOW.minus(Duration.ofDays(40)));
    session("live", NOW.plus(DAY));

    sweep(SessionRetention.sweep(Duration.ofDays(30)));

    assertThat(texts("SELECT id FROM sessions")).containsExactly("live");
    // the application cannot date an entry back; the test's own clock runs ahead instead
    log.database.transaction(
        connection -> {
          Audit.record(connection, "me", "promote", "v1", "v1", "{}");
          Audit.record(connection, "me", "session opened", "s", null, "{}");
          return true;
        });
    log.execute(
        "INSERT INTO audit (actor, action, subject)"
            + " SELECT 'me', 'session opened', 's' FROM generate_series(1, 11500)");
    RetentionSweeper later =
        new RetentionSweeper(
            log.database,
            () -> Instant.now().plus(Duration.ofDays(2_000)),
            List.of(Audit.sweep(DAY, DAY, 0)));
    later.sweep();
    assertThat(texts("SELECT action FROM audit"))
        .as("nothing younger than 30 days")
        .contains("promote")
        .filteredOn("session opened"::equals)
        .as("of sign-ins the newest")
        .hasSize(10_000);
  }

  private void store(String id, Instant expires) {
    log.log.storePair(TestPairs.of(id, "chat_1", "ann", expires));
  }

  private void session(String id, Instant expires) {
    log.execute(
        "INSERT INTO sessions (id, hash, key_id, origin, client, created_at, last_used_at, expires_at)"
            + " VALUES ('%s', sha256('%s'), 'op', 'key', 'c', now(), now(), '%s')"
                .formatted(id, id, expires));
  }

  private void sweep(Sweep sweep) {
    new RetentionSweeper(log.database, log.clock, List.of(sweep)).sweep();
  }

  private List<String> texts(String sql) {
    return log.database.list(row -> row.getString(1), sql);
  }
}
