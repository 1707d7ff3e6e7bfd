package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.testing.PostgresFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real embedded PostgreSQL: durable, recovered after kill -9, its audit log append-only. */
class DatabaseTest {
  @TempDir Path home;

  @Test
  void keepsWhatItCommittedWhenItIsKilled() throws Exception {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      insertAudit(database);
      assertThat(text(database, "SHOW fsync")).isEqualTo("on");
      assertThat(text(database, "SHOW synchronous_commit")).isEqualTo("on");

      new PostgresFaults(home).kill();

      assertThatThrownBy(() -> text(database, "SELECT 1"))
          .isInstanceOf(DatabaseUnavailableException.class);
      assertThat(text(database, "SELECT count(*) FROM audit")).isEqualTo("1");
    }
    assertThat(home.resolve("postgres/data/postmaster.pid")).doesNotExist();
  }

  @Test
  void findsTheServerAgainForACallerThatOnlyTakesALock() throws Exception {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      database.open();

      new PostgresFaults(home).kill();

      assertThatThrownBy(() -> AdvisoryLock.tryAcquire(database, "test"))
          .isInstanceOf(DatabaseUnavailableException.class);
      try (AdvisoryLock lock = AdvisoryLock.tryAcquire(database, "test").orElseThrow()) {
        assertThat(lock.isHeld()).isTrue();
      }
    }
  }

  @Test
  void keepsItsConnections() {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      String server = text(database, "SELECT pg_backend_pid()");

      execute(database, "SELECT 1");

      assertThat(text(database, "SELECT pg_backend_pid()")).isEqualTo(server);
    }
  }

  @Test
  void losesOneCallWhenAnExternalServerDropsItsConnections() throws Exception {
    try (Database owner = new Database(DatabaseConfig.of(home, null));
        Database database = new Database(DatabaseConfig.of(home.resolve("none"), url(owner)))) {
      assertThatThrownBy(
              () ->
                  database.statement(
                      connection -> {
                        // leaves a second connection idle in the pool
                        text(database, "SELECT 1");
                        try (Statement asOwner = connection.createStatement()) {
                          asOwner.execute("RESET ROLE");
                        }
                        return first(
                            connection,
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE application_name = 'whetstone'"
                                + " ORDER BY pid = pg_backend_pid()");
                      }))
          .isInstanceOf(DatabaseUnavailableException.class);

      // the pool drops its idle connections asynchronously
      Thread.sleep(500);
      assertThat(text(database, "SELECT 1")).isEqualTo("1");
    }
  }

  private String url(Database embedded) throws IOException {
    String port = text(embedded, "SELECT inet_server_port()");
    String password = Files.readString(home.resolve("postgres/password")).strip();
    return "postgresql://whetstone:" + password + "@127.0.0.1:" + port + "/postgres";
  }

  @Test
  void rollsBackWhatAnErrorInterrupts() {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      assertThatThrownBy(
              () ->
                  database.transaction(
                      connection -> {
                        Sql.update(
                            connection,
                            "INSERT INTO audit (actor, action, subject) VALUES ('x', 'y', 'z')");
                        throw new OutOfMemoryError("Java heap space");
                      }))
          .isInstanceOf(OutOfMemoryError.class);

      assertThat(text(database, "SELECT count(*) FROM audit")).isEqualTo("0");
    }
  }

  @Test
  void isBusyAndNotAwayWhileAllConnectionsAreInUse() throws Exception {
    var two =
        new DatabaseConfig(
            home.resolve("postgres"), null, 2, Duration.ofSeconds(15), Duration.ofMillis(300));
    try (Database database = new Database(two);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      String port = text(database, "SELECT pg_postmaster_start_time()");
      CountDownLatch done = new CountDownLatch(1);
      CountDownLatch held = new CountDownLatch(2);
      List<Future<String>> holders = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        holders.add(
            threads.submit(
                () ->
                    database.transaction(
                        connection -> {
                          held.countDown();
                          awaitQuietly(done);
                          return first(connection, "SELECT 'kept'");
                        })));
      }
      held.await();

      assertThatThrownBy(() -> text(database, "SELECT 1"))
          .isInstanceOf(DatabaseBusyException.class);
      assertThat(database.unavailableReason()).isEmpty();
      assertThat(database.probe()).as("on a connection of its own").isEmpty();

      done.countDown();
      for (Future<String> holder : holders) {
        assertThat(holder.get()).isEqualTo("kept");
      }
      assertThat(text(database, "SELECT pg_postmaster_start_time()")).isEqualTo(port);
    }
  }

  @Test
  void aQueryWhoseSessionDiesIsTriedOnAnother() throws Exception {
    try (Database owner = new Database(DatabaseConfig.of(home, null));
        Database database = new Database(DatabaseConfig.of(home.resolve("none"), url(owner)))) {
      text(database, "SELECT 1");
      try (Connection asOwner =
              java.sql.DriverManager.getConnection(
                  "jdbc:" + url(owner).replaceAll("//.*@", "//"),
                  "whetstone",
                  Files.readString(home.resolve("postgres/password")).strip());
          Statement statement = asOwner.createStatement()) {
        statement.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE application_name = 'whetstone'");
      }

      assertThat(database.first(row -> row.getInt(1), "SELECT 1")).contains(1);
    }
  }

  @Test
  void aLockIsFreeOnceItsHolderIsSilent() throws Exception {
    try (Database database = new Database(DatabaseConfig.of(home, null));
        AdvisoryLock alive =
            AdvisoryLock.tryAcquire(
                    database, "alive", Duration.ofMillis(900), Duration.ofMillis(200))
                .orElseThrow();
        AdvisoryLock stopped =
            AdvisoryLock.tryAcquire(
                    database, "stopped", Duration.ofMillis(900), Duration.ofHours(1))
                .orElseThrow()) {
      Thread.sleep(2_000);

      assertThat(AdvisoryLock.tryAcquire(database, "alive")).isEmpty();
      assertThat(alive.isHeld()).isTrue();
      assertThat(AdvisoryLock.tryAcquire(database, "stopped"))
          .hasValueSatisfying(AdvisoryLock::close);
      assertThat(stopped.isHeld()).isFalse();
    }
  }

  @Test
  void aLeaderThatEndsByAnErrorLeavesItsLockAtOnce() throws Exception {
    var before = Thread.getDefaultUncaughtExceptionHandler();
    CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.complete(thrown));
    try (Database database = new Database(DatabaseConfig.of(home, null));
        Notifications notifications = new Notifications(database);
        LeaderLoop loop =
            new LeaderLoop(
                database,
                "test",
                Duration.ofMillis(50),
                Thread.ofVirtual().name("whetstone-test"),
                () -> {
                  throw new UnsatisfiedLinkError("no torch");
                })) {
      loop.start(notifications);

      assertThat(uncaught.get(20, TimeUnit.SECONDS)).isInstanceOf(UnsatisfiedLinkError.class);
      assertThat(loop.isLeader()).isFalse();
      assertThat(AdvisoryLock.tryAcquire(database, "test")).hasValueSatisfying(AdvisoryLock::close);
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
  }

  @Test
  void anOlderGatewayOpensASchemaThatANewerOneHasMigrated() {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      database.transaction(
          connection -> {
            try (Statement asOwner = connection.createStatement()) {
              asOwner.execute("RESET ROLE");
              for (String version : List.of("3.5", "9999")) {
                asOwner.execute(
                    "INSERT INTO flyway_schema_history (installed_rank, version, description, type,"
                        + " script, checksum, installed_by, execution_time, success) VALUES"
                        + " ((SELECT max(installed_rank) + 1 FROM flyway_schema_history), '"
                        + version
                        + "', 'later', 'SQL', 'V"
                        + version
                        + "__later.sql', 1, 'x', 1, true)");
              }
              return asOwner.execute("SET ROLE whetstone_app");
            }
          });
    }
    try (Database older = new Database(DatabaseConfig.of(home, null))) {
      assertThat(text(older, "SELECT 1")).isEqualTo("1");
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void keepsTheAuditFromBeingChanged() {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      insertAudit(database);
      for (String change :
          new String[] {"UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"}) {
        assertThatThrownBy(() -> execute(database, change))
            .isInstanceOfSatisfying(
                DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("42501"));
      }
    }
  }

  @Test
  void reportsAnUnavailableExternalDatabase() {
    var config =
        new DatabaseConfig(
            home,
            "postgresql://nobody:x@127.0.0.1:1/none?connectTimeout=1",
            1,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    try (Database database = new Database(config)) {
      assertThatThrownBy(database::open).isInstanceOf(DatabaseUnavailableException.class);
    }
  }

  private static void insertAudit(Database database) {
    execute(
        database, "INSERT INTO audit (actor, action, subject) VALUES ('chat_1', 'vote', 'pair')");
  }

  private static void execute(Database database, String sql) {
    database.transaction(
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.execute(sql);
          }
        });
  }

  private static String text(Database database, String sql) {
    return database.statement(connection -> first(connection, sql));
  }

  private static String first(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
