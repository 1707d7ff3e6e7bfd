package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gateway of the version before goes on while a newer one migrates: the statements of 0.1, whose
 * last migration was 41, mean something on the newest schema too, and may be run.
 */
@Tag("database")
class OlderBuildTest {
  private static final Path STATEMENTS = Path.of("src/test/resources/golden/statements-0.1.sql");
  private static final MigrationVersion OF_0_1 = MigrationVersion.fromVersion("41");

  /**
   * What 0.1 cannot do any more, and docs/operations.md says so: its votes rely on one vote of a
   * user name on a pair, whatever key it came with.
   */
  private static final Map<String, String> REFUSED =
      Map.of("ON CONFLICT (pair_id, user_id) DO NOTHING", "no unique or exclusion constraint");

  @TempDir Path home;

  @Test
  void statementsOfTheVersionBeforeStillRun() throws Exception {
    List<String> statements = Files.readAllLines(STATEMENTS);
    assertThat(statements).hasSizeGreaterThan(80);
    EmbeddedServer server = EmbeddedServer.at(home);
    ServerAddress address = server.start();
    try (Connection connection = simple(address)) {
      migrate(address, OF_0_1);
      assertThat(refused(connection, statements)).as("on the schema of 0.1").isEmpty();

      migrate(address, MigrationVersion.LATEST);

      assertThat(refused(connection, statements))
          .as("on the newest schema")
          .hasSize(REFUSED.size())
          .allSatisfy((statement, error) -> assertThat(isKnown(statement, error)).isTrue());
    } finally {
      server.release();
    }
  }

  /** A connection that sends statements as they are, with $1 for a value that is not given. */
  private static Connection simple(ServerAddress address) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", String.valueOf(address.user()));
    properties.setProperty("password", String.valueOf(address.password()));
    properties.setProperty("preferQueryMode", "simple");
    return DriverManager.getConnection(address.jdbcUrl(), properties);
  }

  private static boolean isKnown(String statement, String error) {
    return REFUSED.entrySet().stream()
        .anyMatch(known -> statement.contains(known.getKey()) && error.contains(known.getValue()));
  }

  private static void migrate(ServerAddress address, MigrationVersion target) {
    Flyway.configure()
        .dataSource(address.jdbcUrl(), address.user(), address.password())
        .locations("classpath:db/migration")
        .target(target)
        .load()
        .migrate();
  }

  /** Statements that PostgreSQL does not plan for the application's role, each with its reason. */
  private static Map<String, String> refused(Connection connection, List<String> statements)
      throws SQLException {
    Map<String, String> refused = new TreeMap<>();
    try (Statement explain = connection.createStatement()) {
      explain.execute("SET ROLE whetstone_app");
      for (String statement : statements) {
        try {
          explain.execute("EXPLAIN (GENERIC_PLAN) " + statement);
        } catch (SQLException reason) {
          refused.put(statement, String.valueOf(reason.getMessage()));
        }
      }
      explain.execute("RESET ROLE");
    }
    return refused;
  }
}
