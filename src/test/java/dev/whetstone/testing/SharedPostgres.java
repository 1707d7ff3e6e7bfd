package dev.whetstone.testing;

import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseConfig;
import dev.whetstone.io.AtomicDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Databases for tests that need one of their own, but no server of their own: all tests of a JVM
 * share one server, and each database is a copy of one that is migrated already.
 */
public final class SharedPostgres {
  private static final String TEMPLATE = "template_of_tests";
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private SharedPostgres() {}

  /** The server, from its first use to the end of the JVM. */
  private static final class Server {
    static final Path HOME = Path.of("target", "postgres-of-" + ProcessHandle.current().pid());
    static final String URL = start();

    private static String start() {
      Database owner = new Database(DatabaseConfig.of(HOME, null));
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(owner)));
      owner.open();
      try {
        String url = EmbeddedAddress.of(HOME);
        execute(url, "CREATE DATABASE " + TEMPLATE);
        try (Database migrated = new Database(DatabaseConfig.of(HOME, named(url, TEMPLATE)))) {
          migrated.open();
        }
        return url;
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }

    private static void stop(Database owner) {
      owner.close();
      try {
        AtomicDirectory.deleteTree(HOME);
      } catch (IOException left) {
        throw new UncheckedIOException(left);
      }
    }
  }

  /** The settings of a new database, migrated and empty. */
  public static DatabaseConfig create() {
    String name = "test_" + NUMBER.incrementAndGet();
    execute(Server.URL, "CREATE DATABASE " + name + " TEMPLATE " + TEMPLATE);
    return DatabaseConfig.of(Server.HOME, named(Server.URL, name));
  }

  private static String named(String url, String database) {
    return url.substring(0, url.lastIndexOf('/') + 1) + database;
  }

  private static void execute(String url, String sql) {
    int at = url.indexOf('@');
    String[] user = url.substring("postgresql://".length(), at).split(":", 2);
    Properties login = new Properties();
    login.setProperty("user", user[0]);
    login.setProperty("password", user[1]);
    try (Connection connection =
            DriverManager.getConnection("jdbc:postgresql://" + url.substring(at + 1), login);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException refused) {
      throw new IllegalStateException(sql, refused);
    }
  }
}
