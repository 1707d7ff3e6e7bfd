package dev.whetstone.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.policy.ChangeContext;
import dev.whetstone.preference.LogTest;
import dev.whetstone.preference.TrainingVotes;
import dev.whetstone.preference.VoteExclusions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The pool of usable votes, and when a run is due. */
@Tag("slow")
class PoolTest extends LogTest {
  private static final int FIRST = 40;
  private static final ChangeContext TRAINER = new ChangeContext("trainer", "a test");

  private TrainingVotes votes;
  private TrainingRunStore runs;

  @BeforeEach
  void open() {
    votes = new TrainingVotes(log.database, "base");
    runs = new TrainingRunStore(log.database, "base");
    log.database.statement(
        connection -> {
          try (var statement = connection.createStatement()) {
            return statement.executeUpdate(
                "UPDATE training_runs SET base_hash = 'old' WHERE base_hash = 'base'");
          }
        });
  }

  @Test
  void theFirstRunIsDueAtFortyUsableVotes() {
    cast(39, "a");
    cast(20, "tie");
    assertThat(Pool.read(votes, runs).due(FIRST)).isFalse();

    cast(1, "b");

    Pool pool = Pool.read(votes, runs);
    assertThat(pool.due(FIRST)).isTrue();
    assertThat(pool.due(0)).isFalse();
    assertThat(pool.counts().usable()).isEqualTo(40);
    assertThat(pool.counts().train() + pool.counts().select() + pool.counts().gate()).isEqualTo(40);
  }

  @Test
  void laterRunsAreDueWhenThePoolHasGrownByAQuarterButAtLeastTwentyFive() {
    cast(40, "a");
    run(RunStatus.SUCCEEDED);
    assertThat(Pool.read(votes, runs).nextRunAt(FIRST)).isEqualTo(65);
    cast(160, "a");
    run(RunStatus.SUCCEEDED);

    assertThat(Pool.read(votes, runs).nextRunAt(FIRST)).isEqualTo(250);
    assertThat(Pool.read(votes, runs).due(FIRST)).isFalse();
  }

  /** A failed run's votes used to be burnt: 116 pairs by a full disk. */
  @Test
  void aFailedRunCostsNoVote() {
    cast(40, "a");
    run(RunStatus.FAILED);

    assertThat(Pool.read(votes, runs).due(FIRST)).isTrue();
    assertThat(runs.history().failures().count()).isOne();
  }

  @Test
  void excludedVotesLeaveThePoolAndComeBack() {
    cast(40, "a");
    VoteExclusions exclusions = new VoteExclusions(log.database);

    exclusions.add(VoteExclusions.Kind.USER, "user1", "a poisoner", "operator_1");

    String before = votes.revision();
    assertThat(Pool.read(votes, runs).counts().usable()).isEqualTo(36);
    assertThat(exclusions.list(10)).hasSize(1);
    assertThat(exclusions.remove(VoteExclusions.Kind.USER, "user1", "he is none", "operator_1"))
        .isTrue();
    assertThat(exclusions.remove(VoteExclusions.Kind.USER, "user1", "again", "operator_1"))
        .isFalse();
    assertThat(Pool.read(votes, runs).counts().usable()).isEqualTo(40);
    assertThat(votes.revision()).isNotEqualTo(before);
  }

  @Test
  void votesOfAKeyWithATagOrOfOneIdAreExcluded() {
    cast(40, "a");
    String pair = log.storePair("user1", "a question", "one", "two", "v0", "v1");
    String tagged = log.vote(pair, "user1", "a", "spam");
    VoteExclusions exclusions = new VoteExclusions(log.database);

    assertThat(usable()).isEqualTo(41);
    exclusions.add(VoteExclusions.Kind.TAG, "spam", "an advertisement", "operator_1");
    assertThat(usable()).isEqualTo(40);
    exclusions.add(VoteExclusions.Kind.KEY, "user2", "a leaked key", "operator_1");
    assertThat(usable()).isEqualTo(36);
    exclusions.remove(VoteExclusions.Kind.TAG, "spam", "it was none", "operator_1");
    exclusions.remove(VoteExclusions.Kind.KEY, "user2", "it was not leaked", "operator_1");
    assertThat(usable()).isEqualTo(41);
    exclusions.add(VoteExclusions.Kind.ID, tagged, "a slip", "operator_1");
    assertThat(usable()).isEqualTo(40);
  }

  private long usable() {
    return Pool.read(votes, runs).counts().usable();
  }

  /** Most people never see a pair: they press a thumb. */
  @Test
  void ratingsAloneMakeARunDue() {
    for (int i = 0; i < 79; i++) {
      log.rate("user" + i % 10, "question " + i, i % 2 == 0 ? "up" : "down");
    }
    assertThat(Pool.read(votes, runs).due(FIRST)).isFalse();

    log.rate("user", "one more", "up");

    Pool pool = Pool.read(votes, runs);
    assertThat(pool.due(FIRST)).isTrue();
    assertThat(pool.size()).isEqualTo(FIRST);
    assertThat(pool.hasNewer()).isTrue();
  }

  /** The end of a run without a frozen list says nothing about votes. */
  private void run(RunStatus end) {
    String id = runs.request(RunTrigger.VOTES, "{}", TRAINER).run().id();
    runs.begin(id);
    long newest =
        log.database.first(row -> row.getLong(1), "SELECT max(seq) FROM preferences").orElseThrow();
    log.database.transaction(
        connection ->
            runs.freeze(
                connection,
                id,
                new TrainingRunStore.FrozenData("{}", "v0", "hash", 1, 0, newest, 1, 0)));
    runs.finish(id, end, TRAINER);
  }

  private void cast(int count, String choice) {
    for (int i = 0; i < count; i++) {
      String user = "user" + i % 10;
      log.vote(log.storePair(user, "question " + i, "one", "two", "v0", "v1"), user, choice);
    }
  }
}
