package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.PostgresFaults;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real embedded PostgreSQL: durable, recovered after kill -9, closed to foreign hands. */
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
          .isInstanceOf(DatabaseAwayException.class);
      assertThat(text(database, "SELECT count(*) FROM audit")).isEqualTo("1");
    }
    assertThat(home.resolve("postgres/data/postmaster.pid")).doesNotExist();
  }

  @Test
  void findsTheServerAgainForOneThatAsksForNothingButALock() throws Exception {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      database.open();

      new PostgresFaults(home).kill();

      assertThatThrownBy(() -> AdvisoryLock.tryAcquire(database, "test"))
          .isInstanceOf(DatabaseAwayException.class);
      try (AdvisoryLock lock = AdvisoryLock.tryAcquire(database, "test").orElseThrow()) {
        assertThat(lock.held()).isTrue();
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
  void losesOneCallWhenAllItsConnectionsAreLost() {
    try (Database database = new Database(DatabaseConfig.of(home, null))) {
      assertThatThrownBy(
              () ->
                  database.statement(
                      connection -> {
                        String atRest = text(database, "SELECT pg_backend_pid()");
                        try (Statement asOwner = connection.createStatement()) {
                          asOwner.execute("RESET ROLE");
                        }
                        first(connection, "SELECT pg_terminate_backend(%s)".formatted(atRest));
                        return first(connection, "SELECT pg_terminate_backend(pg_backend_pid())");
                      }))
          .isInstanceOf(DatabaseAwayException.class);

      assertThat(text(database, "SELECT 1")).isEqualTo("1");
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
                DatabaseException.class, e -> assertThat(e.state()).isEqualTo("42501"));
      }
    }
  }

  @Test
  void saysWhenAnExternalDatabaseIsAway() {
    var config =
        new DatabaseConfig(
            home,
            "postgresql://nobody:x@127.0.0.1:1/none?connectTimeout=1",
            1,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    try (Database database = new Database(config)) {
      assertThatThrownBy(database::open).isInstanceOf(DatabaseAwayException.class);
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
