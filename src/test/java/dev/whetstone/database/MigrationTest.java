package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each migration meets a database that holds rows of the version before, in every table that the
 * application writes: no row goes, and no column of one changes.
 */
@Tag("database")
class MigrationTest {
  @TempDir Path home;

  @Test
  void everyMigrationKeepsTheRowsOfTheVersionBefore() throws Exception {
    EmbeddedServer server = EmbeddedServer.at(home);
    ServerAddress address = server.start();
    try (Connection connection =
        DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password())) {
      Map<String, List<String>> before = Map.of();
      for (MigrationVersion version : versions(address)) {
        flyway(address, version).migrate();
        Map<String, List<String>> after = rows(connection);
        before.forEach(
            (table, old) ->
                assertKept(
                    connection,
                    version + " keeps " + table,
                    old,
                    after.getOrDefault(table, List.of())));
        insertRowsOf(connection, version);
        before = rows(connection);
      }
      assertThat(before)
          .allSatisfy((table, rows) -> assertThat(rows).as("rows of " + table).isNotEmpty());
      assertThat(first(connection, "SELECT count(*) FROM usable_votes")).isEqualTo("1");
    } finally {
      server.release();
    }
  }

  private static List<MigrationVersion> versions(ServerAddress address) {
    List<MigrationVersion> versions =
        Arrays.stream(flyway(address, MigrationVersion.LATEST).info().pending())
            .map(MigrationInfo::getVersion)
            .toList();
    assertThat(versions).hasSizeGreaterThan(14).isSorted();
    return versions;
  }

  private static Flyway flyway(ServerAddress address, MigrationVersion target) {
    return Flyway.configure()
        .dataSource(address.jdbcUrl(), address.user(), address.password())
        .locations("classpath:db/migration")
        .target(target)
        .load();
  }

  /** The rows of each table, as JSON. */
  private static Map<String, List<String>> rows(Connection connection) throws SQLException {
    Map<String, List<String>> rows = new HashMap<>();
    String tables =
        "SELECT tablename FROM pg_tables"
            + " WHERE schemaname = 'public' AND tablename <> 'flyway_schema_history'";
    for (String table : list(connection, tables)) {
      rows.put(table, list(connection, "SELECT to_jsonb(t)::text FROM " + table + " t"));
    }
    return rows;
  }

  private static void assertKept(
      Connection connection, String what, List<String> old, List<String> now) {
    assertThat(now).as(what).hasSameSizeAs(old);
    assertThat(old)
        .as(what)
        .allSatisfy(
            row ->
                assertThat(now)
                    .anySatisfy(
                        kept ->
                            assertThat(
                                    first(
                                        connection,
                                        "SELECT %s::jsonb @> %s::jsonb"
                                            .formatted(quoted(kept), quoted(row))))
                                .isEqualTo("t")));
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private static void insertRowsOf(Connection connection, MigrationVersion version)
      throws Exception {
    String name = "/golden/migrations/V" + version + ".sql";
    try (var script = MigrationTest.class.getResourceAsStream(name);
        Statement statement = connection.createStatement()) {
      if (script != null) {
        statement.execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
      }
    }
  }

  private static String first(Connection connection, String sql) {
    try {
      return list(connection, sql).getFirst();
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static List<String> list(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (result.next()) {
        values.add(Objects.toString(result.getString(1)));
      }
      return values;
    }
  }
}
