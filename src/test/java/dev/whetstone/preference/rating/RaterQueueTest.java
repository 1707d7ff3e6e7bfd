package dev.whetstone.preference.rating;

import static dev.whetstone.preference.LogFixture.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Sql;
import dev.whetstone.preference.LogTest;
import dev.whetstone.preference.PreferenceFilter;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.preference.rating.RaterQueue.LeasedPair;
import dev.whetstone.preference.rating.RaterQueue.Rater;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Leases of pairs to raters, on a real PostgreSQL. */
@Tag("database")
class RaterQueueTest extends LogTest {
  private static final Duration LEASE = Duration.ofMinutes(10);

  private RaterQueue queue;

  @BeforeEach
  void aQueue() {
    queue = new RaterQueue(log.database, log.clock);
  }

  @Test
  void leasesTheOldestPairThatNobodyJudged() {
    String voted = log.storePair("ann", "1", "x", "y", "v0", "v1");
    String first = log.storePair("ann", "2", "yes", "no", "v0", "v1");
    String second = log.storePair("ann", "3", "x", "y", "v0", "v1");
    log.vote(voted, "ann", "tie");

    LeasedPair leased = next("kim", 1).orElseThrow();

    assertThat(leased.pairId()).isEqualTo(first);
    assertThat(leased.leasedUntil()).isEqualTo(NOW.plus(LEASE));
    assertThat(List.of(leased.prompt(), leased.a().text(), leased.b().text()))
        .containsExactly("<2>", "yes", "no");
    assertThat(pairFor("lee", 1)).contains(second);
    assertThat(pairFor("kim", 1)).isEmpty();
  }

  @Test
  void aLeaseThatEndsGivesThePairBack() {
    String pair = log.storePair("ann", "1", "x", "y", "v0", "v1");
    assertThat(pairFor("kim", 1)).contains(pair);
    assertThat(pairFor("lee", 1)).isEmpty();

    var later = new RaterQueue(log.database, InstantSource.fixed(NOW.plus(LEASE).plusSeconds(1)));

    assertThat(later.leaseNext(new Rater("rater_1", "lee"), 1, LEASE, null)).isPresent();
  }

  @Test
  void overlapCountsVotesAndLeasesAndNeverTheSamePersonTwice() {
    String pair = log.storePair("ann", "1", "x", "y", "v0", "v1");
    log.vote(pair, "ann", "a");
    assertThat(pairFor("kim", 1)).isEmpty();
    assertThat(pairFor("ann", 3)).isEmpty();
    assertThat(pairFor("kim", 3)).contains(pair);
    assertThat(pairFor("kim", 3)).isEmpty();
    assertThat(pairFor("lee", 3)).contains(pair);
    assertThat(pairFor("max", 3)).isEmpty();
    log.vote(pair, "kim", "b");
    assertThat(pairFor("kim", 4)).isEmpty();
    assertThat(pairFor("max", 4)).contains(pair);
  }

  @Test
  void expiredAndImportedPairsAreNotLeased() throws IOException {
    log.importLines("{\"prompt\": \"p\", \"chosen\": \"c\", \"rejected\": \"r\"}");
    log.storePair("ann", "1", "x", "y", "v0", "v1");
    var tomorrow = new RaterQueue(log.database, InstantSource.fixed(NOW.plusSeconds(86_400)));

    assertThat(tomorrow.leaseNext(new Rater("rater_1", "kim"), 5, LEASE, null)).isEmpty();
  }

  @Test
  void manyRatersAtOnceGetEachPairOnce() throws Exception {
    int pairs = 40;
    for (int i = 0; i < pairs; i++) {
      log.storePair("ann", "q" + i, "x", "y", "v0", "v1");
    }
    for (int overlap = 1; overlap <= 2; overlap++) {
      log.execute("DELETE FROM leases");
      List<Callable<List<String>>> raters = new ArrayList<>();
      for (int rater = 0; rater < 8; rater++) {
        String user = "rater" + rater;
        int wanted = overlap;
        raters.add(() -> drain(user, wanted));
      }
      List<String> leased = new ArrayList<>();
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (var rater : threads.invokeAll(raters)) {
          leased.addAll(rater.get());
        }
      }
      Map<String, Long> times =
          leased.stream()
              .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
      assertThat(times).hasSize(pairs);
      assertThat(times.values()).containsOnly((long) overlap);
    }
  }

  @Test
  void judgedPairsAreSkippedAndLeasedAgainWhenTheyLoseAVote() {
    String judged = log.storePair("ann", "judged", "x", "y", "v0", "v1");
    log.vote(judged, "bob", "a");
    manyLike(judged, 2_500);
    String waiting = log.storePair("ann", "waiting", "x", "y", "v0", "v1");

    assertThat(pairFor("kim", 1)).contains(waiting);
    assertThat(cursor(1)).isAfter(NOW.minusSeconds(3_600).plusMillis(500));
    assertThat(cursor(2)).isEqualTo(Instant.EPOCH);

    var erased = new UserErasure(log.database).erase("bob", null, "test");
    assertThat(erased.votes()).isEqualTo(1);
    assertThat(pairFor("lee", 1)).contains(judged);
  }

  /** Inserts copies of a pair, a millisecond apart, each with its own user and that user's vote. */
  private static void manyLike(String pairId, int count) {
    log.execute(
        """
        INSERT INTO pairs (pair_id, key_id, user_id, prompt, prompt_ids, prompt_hash, messages,
          text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b,
          hash_a, hash_b, base_hash, sampling, created_at, expires_at)
        SELECT 'many_' || i, key_id, 'user' || i, prompt, prompt_ids, prompt_hash, messages,
          text_a, text_b, ids_a, ids_b, logps_a, logps_b, finish_a, finish_b, policy_a, policy_b,
          hash_a, hash_b, base_hash, sampling, created_at + i * interval '1 ms', expires_at
        FROM pairs, generate_series(1, ?) AS i WHERE pair_id = ?
        """,
        count,
        pairId);
    log.execute(
        """
        INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, recorded_at,
          policy_a, policy_b)
        SELECT 'by_' || pair_id, pair_id, key_id, user_id, 'b', created_at, policy_a, policy_b
        FROM pairs WHERE pair_id LIKE 'many%'
        """);
    // later pairs are younger
    log.skipPositions(count);
  }

  private static Instant cursor(int overlap) {
    return log.database
        .statement(
            connection ->
                Sql.first(
                    connection,
                    row -> row.getTimestamp(1).toInstant(),
                    "SELECT created_at FROM rater_fronts WHERE overlap = ?",
                    overlap))
        .orElseThrow();
  }

  @Test
  void anotherKeysUserOfTheSameNameIsAnotherRater() {
    String pair = log.storePair("ann", "1", "x", "y", "v0", "v1");
    log.vote(pair, "kim", "a");
    assertThat(pairFor("kim", 2)).isEmpty();
    assertThat(queue.leaseNext(new Rater("rater_9", "kim"), 2, LEASE, null)).isPresent();
  }

  @Test
  void aSkippedPairGoesToAnotherRater() {
    String pair = log.storePair("ann", "1", "x", "y", "v0", "v1");
    RatingDesk desk = new RatingDesk(log.database, log.clock);
    assertThat(desk.skip(pair, new Rater("kim", "kim"), "no lease")).isFalse();
    assertThat(pairFor("kim", 1)).contains(pair);
    assertThat(pairFor("lee", 1)).isEmpty();

    assertThat(desk.skip(pair, new Rater("kim", "kim"), "not my language")).isTrue();

    assertThat(pairFor("kim", 1)).isEmpty();
    assertThat(pairFor("lee", 1)).contains(pair);
    log.vote(pair, "lee", "a");
    RatingDesk.Progress progress = desk.progress(new Rater("lee", "lee"));
    assertThat(progress.mine()).isEqualTo(new RatingDesk.Mine(1, 1, 0));
    assertThat(desk.progress(new Rater("kim", "kim")).mine().skipped()).isEqualTo(1);
    assertThat(progress.all().votes()).isEqualTo(1);
  }

  @Test
  void aVoteOnALeasedPairIsHiddenFromItsRater() {
    String pair = log.storePair("ann", "1", "x", "y", "v0", "v1");
    log.vote(pair, "ann", "a");
    PreferenceFilter blind =
        new PreferenceFilter(null, null, null, null, null, null, null, null, "kim");
    assertThat(log.rows(blind)).hasSize(1);
    assertThat(pairFor("kim", 2)).contains(pair);
    assertThat(log.rows(blind)).isEmpty();
    log.vote(pair, "kim", "b");
    assertThat(log.rows(blind)).hasSize(2);
  }

  private List<String> drain(String user, int overlap) {
    List<String> pairs = new ArrayList<>();
    Optional<String> pair = pairFor(user, overlap);
    while (pair.isPresent()) {
      pairs.add(pair.get());
      pair = pairFor(user, overlap);
    }
    return pairs;
  }

  private Optional<String> pairFor(String user, int overlap) {
    return next(user, overlap).map(LeasedPair::pairId);
  }

  private Optional<LeasedPair> next(String user, int overlap) {
    return queue.leaseNext(new Rater(user, user), overlap, LEASE, null);
  }
}
