package dev.whetstone.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import dev.whetstone.database.server.UnusableServerException;
import dev.whetstone.testing.GoldenRows;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The role of the application on servers that others use too, and where a dump was restored. */
@Tag("database")
class RoleTest {
  private static final String RIGHTS =
      """
      SELECT c.relname || ' ' || coalesce(a.attname, '') || ' ' || x.privilege_type
      FROM (SELECT oid, 0 AS attnum, relacl AS acl FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT attrelid, attnum, attacl FROM pg_attribute) all_acl
      JOIN pg_class c ON c.oid = all_acl.oid
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = all_acl.attnum AND a.attnum > 0,
      aclexplode(all_acl.acl) x JOIN pg_roles r ON r.oid = x.grantee
      WHERE r.rolname = 'whetstone_app' AND c.relnamespace = 'public'::regnamespace
      ORDER BY 1""";

  @TempDir static Path home;
  private static EmbeddedServer server;
  private static ServerAddress admin;

  @BeforeAll
  static void start() throws IOException {
    server = EmbeddedServer.at(home.resolve("postgres"));
    admin = server.start();
  }

  @AfterAll
  static void stop() throws IOException {
    server.release();
  }

  @Test
  void aDumpInAServerWithoutTheRoleIsUsedAsItIs() throws Exception {
    try (Database database = database(admin)) {
      database.open();
    }
    List<String> before;
    try (Connection connection = GoldenRows.connect(admin)) {
      before = GoldenRows.column(connection, RIGHTS);
    }
    assertThat(before).contains("audit  INSERT", "policies status UPDATE");
    // what is left of the rights when psql restores a dump into a server that has no such role
    execute(admin, "DROP OWNED BY whetstone_app");
    execute(admin, "DROP ROLE whetstone_app");

    try (Database database = database(admin)) {
      database.update("INSERT INTO audit (actor, action, subject) VALUES ('a', 'b', 'c')");
      assertThatThrownBy(() -> database.update("DELETE FROM audit"))
          .isInstanceOfSatisfying(
              DatabaseException.class, e -> assertThat(e.sqlState()).isEqualTo("42501"));
    }

    try (Connection connection = GoldenRows.connect(admin)) {
      assertThat(GoldenRows.column(connection, RIGHTS)).isEqualTo(before);
    }
  }

  @Test
  void anOwnerWithoutRightsIsToldWhatItNeedsAndThenServes() throws Exception {
    try (Database first = database(admin)) {
      first.open();
    }
    execute(admin, "CREATE ROLE plain LOGIN PASSWORD 'plain'");
    execute(admin, "CREATE DATABASE second OWNER plain");
    ServerAddress second =
        new ServerAddress(admin.jdbcUrl().replaceAll("/postgres$", "/second"), "plain", "plain");

    try (Database database = database(second)) {
      assertThatThrownBy(database::open)
          .isInstanceOf(DatabaseUnusableException.class)
          .hasMessageContaining("GRANT whetstone_app TO that user WITH ADMIN OPTION");
    }
    execute(admin, "GRANT whetstone_app TO plain WITH ADMIN OPTION");

    try (Database database = database(second)) {
      database.update("INSERT INTO audit (actor, action, subject) VALUES ('a', 'b', 'c')");
    }
  }

  @Test
  void oneSessionForTwoConnectionsIsRefused() throws Exception {
    try (Connection one = GoldenRows.connect(admin)) {
      assertThatThrownBy(() -> SessionPooling.require(() -> unclosable(one)))
          .isInstanceOf(UnusableServerException.class)
          .hasMessageContaining("pool_mode = transaction");
    }

    SessionPooling.require(() -> GoldenRows.connect(admin));
  }

  private static Connection unclosable(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            RoleTest.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, values) ->
                method.getName().equals("close") ? null : method.invoke(connection, values));
  }

  private static Database database(ServerAddress address) {
    return new Database(
        DatabaseConfig.of(
            home.resolve("none"),
            address.jdbcUrl() + "?user=" + address.user() + "&password=" + address.password()));
  }

  private static void execute(ServerAddress address, String sql) throws SQLException {
    try (Connection connection = GoldenRows.connect(address);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
