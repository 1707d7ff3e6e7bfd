package dev.whetstone.testing;

import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** The home that version 0.1.0 wrote: {@code src/test/resources/home-0.1}. */
public final class OldHome {
  public static final Path FIXTURE = Path.of("src/test/resources/home-0.1");

  private OldHome() {}

  /**
   * Copies the home's files and loads its database into a new embedded server, which is stopped
   * again; nothing is migrated.
   *
   * @param further statements after the load
   */
  public static void restore(Path home, String... further) throws IOException, SQLException {
    copy(FIXTURE.resolve("home"), home);
    EmbeddedServer server = EmbeddedServer.at(home.resolve("postgres"));
    ServerAddress address = server.start();
    try (Connection connection =
            DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
        Statement statement = connection.createStatement()) {
      statement.execute(dump());
      // the dump leaves its connection without a search path
      statement.execute("SET search_path = public");
      for (String more : List.of(further)) {
        statement.execute(more);
      }
    } finally {
      server.release();
    }
  }

  private static String dump() throws IOException {
    try (InputStream packed =
        new GZIPInputStream(Files.newInputStream(FIXTURE.resolve("dump.sql.gz")))) {
      return new String(packed.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }
}
