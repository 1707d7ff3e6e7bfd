package dev.whetstone.training.worker;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.database.Database;
import dev.whetstone.dpo.reference.ReferenceCache;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.TestPairs;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.testing.SharedPostgres;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reference log-probs on a real PostgreSQL. */
@Tag("database")
class DatabaseReferenceCacheTest {
  private static final ReferenceCache.Key FIRST = new ReferenceCache.Key("base", "aa");
  private static final ReferenceCache.Key SECOND = new ReferenceCache.Key("base", "bb");
  private static final ReferenceCache.Key OTHER = new ReferenceCache.Key("another", "aa");
  private static final float[] LOGPS = {-0.1f, -2.5e-7f, Float.NEGATIVE_INFINITY};
  private static Database database;

  @BeforeAll
  static void start() throws IOException {
    database = new Database(SharedPostgres.create());
  }

  @AfterAll
  static void stop() {
    database.close();
  }

  @BeforeEach
  void empty() {
    new UserErasure(database).erase("nobody", null, "operator");
  }

  @Test
  void whatIsStoredIsFoundBitForBit() {
    DatabaseReferenceCache rows = DatabaseReferenceCache.open(database, 10);
    rows.store(Map.of(FIRST, LOGPS, OTHER, new float[] {-1}));
    rows.store(Map.of(FIRST, new float[] {-9}));

    Map<ReferenceCache.Key, float[]> found = rows.find(List.of(FIRST, SECOND));

    assertThat(found).containsOnlyKeys(FIRST);
    assertThat(found.get(FIRST)).containsExactly(LOGPS);
    assertThat(rows.find(List.of(OTHER)).get(OTHER)).containsExactly(-1);
  }

  @Test
  void theOldestRowsAreEvicted() {
    DatabaseReferenceCache rows = DatabaseReferenceCache.open(database, 2);
    rows.store(Map.of(FIRST, LOGPS));
    rows.store(Map.of(OTHER, LOGPS));
    rows.store(Map.of(SECOND, LOGPS));

    assertThat(rows.find(List.of(FIRST, SECOND, OTHER))).containsOnlyKeys(SECOND, OTHER);
  }

  @Test
  void allRowsAreDeletedWithAUsersData() {
    DatabaseReferenceCache rows = DatabaseReferenceCache.open(database, 10);
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    new PreferenceLog(database, InstantSource.fixed(now))
        .storePair(TestPairs.of("pair_1", "key", "alice", now.plusSeconds(60)));
    rows.store(Map.of(FIRST, LOGPS));

    UserErasure.Report report = new UserErasure(database).erase("alice", null, "operator");

    assertThat(report.pairs()).isOne();
    assertThat(rows.find(List.of(FIRST))).isEmpty();
  }

  @Test
  void textErasedDuringARunIsNotStoredAgain() {
    DatabaseReferenceCache before = DatabaseReferenceCache.open(database, 10);

    new UserErasure(database).erase("alice", null, "operator");
    before.store(Map.of(FIRST, LOGPS));

    assertThat(before.find(List.of(FIRST))).isEmpty();
    DatabaseReferenceCache after = DatabaseReferenceCache.open(database, 10);
    after.store(Map.of(SECOND, LOGPS));
    assertThat(after.find(List.of(FIRST, SECOND))).containsOnlyKeys(SECOND);
  }

  /** Whether an erasure or a concurrent store comes first, nothing of the erased data remains. */
  @Test
  @Timeout(60)
  void storingWhileAnErasureIsUnderWayLeavesNothing() throws Exception {
    DatabaseReferenceCache rows = DatabaseReferenceCache.open(database, 10_000);
    AtomicInteger stored = new AtomicInteger();
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> storing =
          threads.submit(
              () -> {
                while (!done.get()) {
                  String tokens = "t" + stored.incrementAndGet();
                  rows.store(Map.of(new ReferenceCache.Key("base", tokens), LOGPS));
                }
              });
      awaitMoreThan(20, stored);
      new UserErasure(database).erase("alice", null, "operator");
      awaitMoreThan(stored.get() + 20, stored);
      done.set(true);
      storing.get();
    }

    List<ReferenceCache.Key> all =
        IntStream.rangeClosed(1, stored.get())
            .mapToObj(i -> new ReferenceCache.Key("base", "t" + i))
            .toList();
    assertThat(rows.find(all)).isEmpty();
  }

  private static void awaitMoreThan(int count, AtomicInteger counted) {
    await().pollInterval(ofMillis(1)).until(() -> counted.get() > count);
  }
}
