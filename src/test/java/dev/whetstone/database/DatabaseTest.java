package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.testing.PostgresFaults;
import dev.whetstone.testing.SharedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real embedded PostgreSQL: durable, recovered after kill -9, its audit log append-only. */
@Tag("database")
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
    try (Database database = new Database(SharedPostgres.create())) {
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
  void keepsTheAuditFromBeingChanged() {
    try (Database database = new Database(SharedPostgres.create())) {
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
