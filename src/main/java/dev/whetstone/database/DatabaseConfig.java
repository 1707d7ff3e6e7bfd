package dev.whetstone.database;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the database is, and the limits on its use.
 *
 * @param directory of the embedded server: data, binaries, log and password
 * @param url of an external server, {@code jdbc:postgresql:…} or {@code postgresql://…}; null for
 *     the embedded one
 * @param maxConnections size of this process's pool
 * @param statementTimeout after which PostgreSQL cancels a statement
 * @param acquireTimeout longest wait for a free connection, and for the database to open
 */
public record DatabaseConfig(
    Path directory,
    @Nullable String url,
    int maxConnections,
    Duration statementTimeout,
    Duration acquireTimeout) {
  public DatabaseConfig {
    if (maxConnections < 1) {
      throw new IllegalArgumentException("a pool needs at least 1 connection");
    }
  }

  private static final int DEFAULT_CONNECTIONS = 8;

  /** The defaults of {@link DatabaseSettings}. */
  public static DatabaseConfig of(Path home, @Nullable String url) {
    return new DatabaseConfig(
        home.toAbsolutePath().resolve("postgres"),
        url,
        DEFAULT_CONNECTIONS,
        Duration.ofSeconds(15),
        Duration.ofSeconds(5));
  }

  /** What the settings say, checked. */
  public static DatabaseConfig from(Path home, DatabaseSettings settings) {
    return new DatabaseConfig(
        home.toAbsolutePath().resolve("postgres"),
        settings.url().orElse(null),
        settings.connections(),
        settings.statementTimeout(),
        settings.acquireTimeout());
  }
}
