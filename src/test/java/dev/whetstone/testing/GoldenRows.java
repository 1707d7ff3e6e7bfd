package dev.whetstone.testing;

import dev.whetstone.database.server.ServerAddress;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;

/** A database with rows in every table: {@code golden/migrations}, written version by version. */
public final class GoldenRows {
  private GoldenRows() {}

  /** Migrates an empty database and fills it. */
  public static void fill(ServerAddress address) throws Exception {
    try (Connection connection = connect(address);
        Statement statement = connection.createStatement()) {
      for (var migration : Arrays.asList(flyway(address, "latest").info().pending())) {
        String version = migration.getVersion().getVersion();
        flyway(address, version).migrate();
        var script =
            GoldenRows.class.getResourceAsStream("/golden/migrations/V" + version + ".sql");
        if (script != null) {
          try (script) {
            statement.execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
          }
        }
      }
    }
  }

  private static Flyway flyway(ServerAddress address, String target) {
    return Flyway.configure()
        .dataSource(address.jdbcUrl(), address.user(), address.password())
        .locations("classpath:db/migration")
        .target(MigrationVersion.fromVersion(target))
        .load();
  }

  /** The rows of each table of the application, as JSON, in no order of their own. */
  public static Map<String, List<String>> rows(ServerAddress address) throws SQLException {
    Map<String, List<String>> rows = new TreeMap<>();
    String tables =
        "SELECT tablename FROM pg_tables"
            + " WHERE schemaname = 'public' AND tablename <> 'flyway_schema_history'";
    try (Connection connection = connect(address)) {
      for (String table : column(connection, tables)) {
        rows.put(
            table, column(connection, "SELECT to_jsonb(t)::text FROM " + table + " t ORDER BY 1"));
      }
    }
    return rows;
  }

  /** The first column of a query. */
  public static List<String> column(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (result.next()) {
        values.add(Objects.toString(result.getString(1)));
      }
      return values;
    }
  }

  /** A connection of the tables' owner. */
  public static Connection connect(ServerAddress address) throws SQLException {
    return DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
  }
}
