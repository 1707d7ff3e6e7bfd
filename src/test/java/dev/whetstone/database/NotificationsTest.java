package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notifications and idempotency keys between the sessions of a real PostgreSQL. */
@Tag("database")
class NotificationsTest {
  @TempDir static Path home;
  private static Database database;

  @BeforeAll
  static void open() {
    database = new Database(DatabaseConfig.of(home, null));
    database.open();
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @Test
  void listenersAreWokenByCommitsAndByNewConnections() throws Exception {
    Semaphore woken = new Semaphore(0);
    Semaphore others = new Semaphore(0);
    try (Notifications notifications = new Notifications(database)) {
      var one = notifications.listen("channel_one", woken::release);
      notifications.listen("channel_two", others::release);
      assertThat(woken.tryAcquire(10, TimeUnit.SECONDS)).as("by the connection").isTrue();
      assertThat(others.tryAcquire(10, TimeUnit.SECONDS)).as("by the connection").isTrue();

      assertThatThrownBy(
              () ->
                  database.transaction(
                      c -> {
                        Notifications.send(c, "channel_one");
                        throw new IllegalStateException("not committed");
                      }))
          .isInstanceOf(IllegalStateException.class);
      assertThat(woken.tryAcquire(500, TimeUnit.MILLISECONDS)).isFalse();
      send("channel_one");
      assertThat(woken.tryAcquire(5, TimeUnit.SECONDS)).isTrue();
      assertThat(others.tryAcquire()).isFalse();

      assertThat(killListeners()).isOne();
      assertThat(woken.tryAcquire(10, TimeUnit.SECONDS)).as("by the next connection").isTrue();
      send("channel_one");
      assertThat(woken.tryAcquire(5, TimeUnit.SECONDS)).isTrue();

      one.close();
      send("channel_one");
      assertThat(woken.tryAcquire(500, TimeUnit.MILLISECONDS)).isFalse();
    }
  }

  @Test
  void wakeUpsDuringARunAreMergedIntoOneMoreRun() throws Exception {
    AtomicInteger runs = new AtomicInteger();
    Semaphore started = new Semaphore(0);
    Semaphore mayEnd = new Semaphore(0);
    try (ChannelListener listener =
        new ChannelListener(
            "channel",
            () -> {
              runs.incrementAndGet();
              started.release();
              mayEnd.acquireUninterruptibly();
            })) {
      listener.wakeUp();
      started.acquire();
      for (int i = 0; i < 100; i++) {
        listener.wakeUp();
      }
      mayEnd.release(2);
      started.acquire();
      Thread.sleep(Duration.ofMillis(200));
      assertThat(runs).hasValue(2);
    }
  }

  @Test
  void aRepeatedRequestGetsTheFirstAnswer() throws Exception {
    AtomicInteger works = new AtomicInteger();
    Callable<IdempotencyKeys.Answer> request =
        () -> once("alice", "key", new byte[] {1}, works::incrementAndGet);
    try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<IdempotencyKeys.Answer> answer :
          workers.invokeAll(Stream.generate(() -> request).limit(8).toList())) {
        assertThat(answer.get()).isEqualTo(new IdempotencyKeys.Answer(201, "1"));
      }
    }
    assertThat(once("bob", "key", new byte[] {1}, works::incrementAndGet).body()).isEqualTo("2");
    assertThatThrownBy(() -> once("alice", "key", new byte[] {2}, works::incrementAndGet))
        .isInstanceOf(IdempotencyKeys.ReusedException.class);
    assertThatThrownBy(
            () ->
                once(
                    "alice",
                    "fails",
                    new byte[] {1},
                    () -> {
                      throw new IllegalStateException("no");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(once("alice", "fails", new byte[] {1}, works::incrementAndGet).body())
        .isEqualTo("3");
  }

  private IdempotencyKeys.Answer once(
      String owner, String key, byte[] hash, Callable<Integer> work) {
    return database.transaction(
        c ->
            IdempotencyKeys.runOnce(
                c,
                owner,
                key,
                hash,
                inner -> {
                  try {
                    return new IdempotencyKeys.Answer(201, String.valueOf(work.call()));
                  } catch (RuntimeException failed) {
                    throw failed;
                  } catch (Exception failed) {
                    throw new IllegalStateException(failed);
                  }
                }));
  }

  private void send(String channel) {
    database.transaction(
        c -> {
          Notifications.send(c, channel);
          return channel;
        });
  }

  private int killListeners() {
    List<Boolean> killed =
        database.transaction(
            c -> {
              Sql.update(c, "RESET ROLE");
              var all =
                  Sql.list(
                      c,
                      row -> row.getBoolean(1),
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          + " WHERE application_name = 'whetstone-notifications'");
              Sql.update(c, "SET ROLE whetstone_app");
              return all;
            });
    return killed.size();
  }
}
