package dev.whetstone.database;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
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
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients of one server see when connections, threads or leaders fail. */
@Tag("database")
class DatabaseUseTest {
  @TempDir static Path home;
  private static Database server;
  private static String url;

  @BeforeAll
  static void start() throws IOException {
    server = new Database(DatabaseConfig.of(home, null));
    String port = text(server, "SELECT inet_server_port()");
    String password = Files.readString(home.resolve("postgres/password")).strip();
    url = "postgresql://whetstone:" + password + "@127.0.0.1:" + port + "/postgres";
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** A process's access with a pool of a size. */
  private static Database client(int connections) {
    return new Database(
        new DatabaseConfig(
            home.resolve("none"), url, connections, Duration.ofSeconds(15), Duration.ofSeconds(1)));
  }

  /** A gateway said at its start that the database was away, when others were opening it. */
  @Test
  void whoeverOpensTheDatabaseWaitsForOneWhoDoesSoAlready(@TempDir Path fresh) throws Exception {
    try (Database slow =
            new Database(
                new DatabaseConfig(
                    fresh, null, 2, Duration.ofSeconds(15), Duration.ofMillis(100)));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> openings = List.of(threads.submit(slow::open), threads.submit(slow::open));
      for (Future<?> opening : openings) {
        opening.get(60, TimeUnit.SECONDS);
      }
      assertThat(slow.probe()).isEmpty();
    }
  }

  @Test
  void theErrorOfABatchHasNoneOfItsValues() {
    try (Database database = client(8)) {
      assertThatThrownBy(() -> database.transaction(DatabaseUseTest::insertBroken))
          .isInstanceOf(DatabaseException.class)
          .hasMessageContaining("division by zero")
          .extracting(
              failed -> stackTrace((Throwable) failed), as(InstanceOfAssertFactories.STRING))
          .doesNotContain("a user's text");
    }
  }

  private static boolean insertBroken(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMPORARY TABLE said (text text, number integer) ON COMMIT DROP");
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO said VALUES (?, 1 / ?)")) {
      for (int divisor = 1; divisor >= 0; divisor--) {
        insert.setString(1, "a user's text");
        insert.setInt(2, divisor);
        insert.addBatch();
      }
      insert.executeBatch();
    }
    return true;
  }

  private static String stackTrace(Throwable failed) {
    StringWriter text = new StringWriter();
    failed.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  @Test
  void rollsBackWhatAnErrorInterrupts() {
    try (Database database = client(8)) {
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

      assertThat(text(database, "SELECT count(*) FROM audit WHERE actor = 'x'")).isEqualTo("0");
    }
  }

  @Test
  void isBusyAndNotAwayWhileAllConnectionsAreInUse() throws Exception {
    try (Database database = client(2);
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
    try (Database database = client(8)) {
      text(database, "SELECT 1");
      try (Connection asOwner =
              DriverManager.getConnection(
                  "jdbc:" + url.replaceAll("//.*@", "//"),
                  "whetstone",
                  url.replaceAll("postgresql://whetstone:|@.*", ""));
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
    try (Database database = client(8);
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
  void anOlderGatewayOpensASchemaThatANewerOneHasMigrated() {
    try (Database database = client(8)) {
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
    try (Database older = client(8)) {
      assertThat(text(older, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void aLeaderThatEndsByAnErrorLeavesItsLockAtOnce() throws Exception {
    var before = Thread.getDefaultUncaughtExceptionHandler();
    CompletableFuture<Throwable> uncaught = new CompletableFuture<>();
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.complete(thrown));
    try (Database database = client(8);
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

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
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
