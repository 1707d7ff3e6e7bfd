package dev.whetstone.testing.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.database.AdvisoryLock;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.testing.PostgresFaults;
import dev.whetstone.testing.history.Models.ChampionCall;
import dev.whetstone.testing.history.Models.LeaseCall;
import dev.whetstone.testing.history.Models.VoteCall;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checker finds what must not be, and the leases of a real database pass it. */
class LinearizabilityTest {
  private static final Models.Champion CHAMPION = new Models.Champion();

  @Test
  void oneChampionAtATime() {
    Operation<ChampionCall, String> promoted =
        new Operation<>(0, 10, ChampionCall.promote("v1"), "v1");
    Operation<ChampionCall, String> early = new Operation<>(2, 4, ChampionCall.READ, "v1");

    assertThat(
            Linearizability.holds(
                CHAMPION, List.of(promoted, early, new Operation<>(5, 6, ChampionCall.READ, "v1"))))
        .isTrue();
    assertThat(
            Linearizability.holds(
                CHAMPION, List.of(promoted, early, new Operation<>(5, 6, ChampionCall.READ, "v0"))))
        .as("v0 after v1 was read")
        .isFalse();
    assertThat(
            Linearizability.holds(
                CHAMPION, List.of(promoted, new Operation<>(11, 12, ChampionCall.ROLLBACK, "v0"))))
        .isTrue();
  }

  @Test
  void whatGotNoAnswerMayHaveHappenedOrNot() {
    Operation<ChampionCall, String> lost = Operation.unanswered(0, ChampionCall.promote("v1"));
    for (String seen : List.of("v0", "v1")) {
      assertThat(
              Linearizability.holds(
                  CHAMPION, List.of(lost, new Operation<>(5, 6, ChampionCall.READ, seen))))
          .as(seen)
          .isTrue();
    }
    assertThat(
            Linearizability.holds(
                CHAMPION, List.of(lost, new Operation<>(5, 6, ChampionCall.READ, "v2"))))
        .isFalse();
  }

  @Test
  void noVoteIsLostOrChanged() {
    Operation<VoteCall, String> vote = new Operation<>(0, 3, new VoteCall("p", "a"), "a");

    assertThat(
            Linearizability.holds(
                new Models.Votes(),
                List.of(vote, new Operation<>(1, 5, new VoteCall("p", "b"), "a"))))
        .isTrue();
    assertThat(
            Linearizability.holds(
                new Models.Votes(),
                List.of(vote, new Operation<>(4, 5, new VoteCall("p", null), "none"))))
        .as("lost")
        .isFalse();
  }

  @Test
  void twoHoldersOfALeaseAreFound() {
    Operation<LeaseCall, Boolean> first = new Operation<>(0, 1, new LeaseCall("a", true), true);

    assertThat(
            Linearizability.holds(
                new Models.Lease(),
                List.of(first, new Operation<>(2, 3, new LeaseCall("b", true), true))))
        .isFalse();
    assertThat(
            Linearizability.holds(
                new Models.Lease(),
                List.of(first, new Operation<>(2, 3, new LeaseCall("b", true), false))))
        .isTrue();
  }

  @Test
  @Tag("database")
  void aRealLeaseHasOneHolderThroughTheDeathOfItsServer(@TempDir Path home) throws Exception {
    List<Operation<LeaseCall, Boolean>> history = Collections.synchronizedList(new ArrayList<>());
    try (Database database = new Database(DatabaseConfig.of(home, null));
        var threads = Executors.newFixedThreadPool(3)) {
      database.open();
      for (int epoch = 0; epoch < 2; epoch++) {
        List<Future<?>> clients = new ArrayList<>();
        for (String holder : List.of("a", "b", "c")) {
          clients.add(threads.submit(() -> takeTurns(database, holder, history)));
        }
        for (Future<?> client : clients) {
          client.get(60, TimeUnit.SECONDS);
        }
        // A session that died holds nothing: its history ends here.
        assertThat(Linearizability.holds(new Models.Lease(), history)).isTrue();
        assertThat(history).anyMatch(call -> Boolean.TRUE.equals(call.output()));
        history.clear();
        if (epoch == 0) {
          new PostgresFaults(home).kill();
          await()
              .atMost(Duration.ofMinutes(1))
              .ignoreExceptions()
              .until(() -> database.first(row -> row.getInt(1), "SELECT 1").isPresent());
        }
      }
    }
  }

  private static void takeTurns(
      Database database, String holder, List<Operation<LeaseCall, Boolean>> history) {
    for (int i = 0; i < 20; i++) {
      long begun = System.nanoTime();
      try {
        Optional<AdvisoryLock> lock = AdvisoryLock.tryAcquire(database, "checked");
        history.add(
            new Operation<>(
                begun, System.nanoTime(), new LeaseCall(holder, true), lock.isPresent()));
        if (lock.isPresent()) {
          long ending = System.nanoTime();
          lock.get().close();
          history.add(
              new Operation<>(ending, System.nanoTime(), new LeaseCall(holder, false), true));
        }
      } catch (DatabaseUnavailableException away) {
        // It got nothing, and what it may have got ended with its connection.
      }
    }
  }
}
