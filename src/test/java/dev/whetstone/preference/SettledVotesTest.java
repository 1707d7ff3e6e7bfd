package dev.whetstone.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.Sql;
import dev.whetstone.preference.bulk.PreferenceReader.Order;
import dev.whetstone.training.Pool;
import dev.whetstone.training.TrainingRunStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Readers that go on from a position, while votes are committed in another order. */
@Tag("database")
class SettledVotesTest extends LogTest {
  private TrainingVotes votes;

  @BeforeEach
  void aBase() {
    votes = new TrainingVotes(log.database, "base");
  }

  /** The later vote used to be told at once, and the earlier one never. */
  @Test
  void aReaderThatGoesOnPassesOverNoVoteThatIsCommittedLate() {
    String first = vote("1");
    long after = log.rows(PreferenceFilter.ALL).getLast().seq();
    String pair = pair("2");
    List<String> seen = new ArrayList<>();
    List<String> cast = new ArrayList<>();
    log.database.transaction(
        slow -> {
          cast.add(insert(slow, pair));
          cast.add(vote("3"));
          seen.addAll(told(Order.OLDEST, after));
          assertThat(told(Order.NEWEST, null)).containsExactly(cast.getLast(), first);
          return true;
        });
    seen.addAll(told(Order.OLDEST, after));

    assertThat(seen).isEqualTo(cast);
  }

  /** A trainer counts again when its revision changes, and remembers up to where it has read. */
  @Test
  void aVoteThatIsCommittedLateIsCountedAndTrainedOn() {
    vote("1");
    String pair = pair("2");
    List<Long> read = new ArrayList<>();
    List<String> revisions = new ArrayList<>();
    log.database.transaction(
        slow -> {
          insert(slow, pair);
          vote("3");
          revisions.add(votes.revision());
          read.add(newestTrained());
          assertThat(usable()).isOne();
          return true;
        });

    assertThat(votes.revision()).isNotEqualTo(revisions.getFirst());
    assertThat(usable()).isEqualTo(3);
    assertThat(votes.count(0, read.getFirst(), 0).newer()).isEqualTo(2);
  }

  @Test
  void whatIsRolledBackHoldsNobodyUp() {
    String pair = pair("1");
    try {
      log.database.transaction(
          slow -> {
            insert(slow, pair);
            throw new IllegalStateException("a slip");
          });
    } catch (IllegalStateException expected) {
      assertThat(expected).hasMessage("a slip");
    }
    String vote = vote("2");

    assertThat(told(Order.OLDEST, null)).containsExactly(vote);
  }

  /** Five writers of one to four votes a transaction, and one that follows the log. */
  @Test
  void aFollowerReadsEveryVoteOnceInOrder() throws Exception {
    List<String> pairs = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      pairs.add(pair("q" + i));
    }
    CountDownLatch written = new CountDownLatch(5);
    try (ExecutorService writers = Executors.newFixedThreadPool(5)) {
      List<Future<?>> all = new ArrayList<>();
      for (int w = 0; w < 5; w++) {
        List<String> own = pairs.subList(80 * w, 80 * (w + 1));
        all.add(
            writers.submit(
                () -> {
                  write(own);
                  written.countDown();
                }));
      }
      List<Long> read = new ArrayList<>();
      boolean over = false;
      while (!over) {
        over = written.getCount() == 0;
        Long after = read.isEmpty() ? null : read.getLast();
        log.reader
            .page(PreferenceFilter.ALL, Order.OLDEST, after, 50)
            .forEach(row -> read.add(row.seq()));
      }
      for (Future<?> writer : all) {
        writer.get();
      }
      Long after = read.getLast();
      while (read.size() < 400 && after != null) {
        List<PreferenceRow> rest = log.reader.page(PreferenceFilter.ALL, Order.OLDEST, after, 50);
        rest.forEach(row -> read.add(row.seq()));
        after = rest.isEmpty() ? null : read.getLast();
      }
      assertThat(read).hasSize(400).isSorted().doesNotHaveDuplicates();
    }
  }

  private static void write(List<String> pairs) {
    int from = 0;
    while (from < pairs.size()) {
      int to = Math.min(pairs.size(), from + 1 + ThreadLocalRandom.current().nextInt(4));
      List<String> some = pairs.subList(from, to);
      log.database.transaction(
          connection -> {
            for (String pair : some) {
              insert(connection, pair);
            }
            return true;
          });
      from = to;
    }
  }

  private long newestTrained() {
    List<TrainingVote> newest = new ArrayList<>();
    log.database.transaction(
        connection -> {
          for (Part part : Part.values()) {
            newest.addAll(votes.newest(connection, part, 0, 10));
          }
          return true;
        });
    return newest.stream().mapToLong(TrainingVote::seq).max().orElseThrow();
  }

  private long usable() {
    return Pool.read(votes, new TrainingRunStore(log.database, "base")).counts().usable();
  }

  private static List<String> told(Order order, @Nullable Long after) {
    return log.reader.page(PreferenceFilter.ALL, order, after, 100).stream()
        .map(PreferenceRow::preferenceId)
        .toList();
  }

  private static String pair(String prompt) {
    return log.storePair("ann", prompt, "x", "y", "v0", "v1");
  }

  private static String vote(String prompt) {
    return log.vote(pair(prompt), "ann", "a");
  }

  private static String insert(Connection connection, String pair) throws SQLException {
    String id = pair.replace("pair_", "pref_late");
    Sql.update(
        connection,
        """
        INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, recorded_at,
          policy_a, policy_b)
        SELECT ?, pair_id, key_id, user_id, 'a', created_at, policy_a, policy_b FROM pairs
        WHERE pair_id = ?
        """,
        id,
        pair);
    return id;
  }
}
