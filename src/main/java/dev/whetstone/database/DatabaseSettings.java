package dev.whetstone.database;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Which database a process uses and how, {@code whetstone.database.*}. */
@ConfigMapping(prefix = "whetstone.database")
public interface DatabaseSettings {
  /**
   * An external PostgreSQL, {@code postgresql://user:password@host:port/name}, also with several
   * hosts, or a JDBC address; by default a server is embedded below WHETSTONE_HOME.
   */
  Optional<String> url();

  /** Most connections of this process's pool. */
  @WithDefault("8")
  int connections();

  /** Time after which PostgreSQL cancels a statement. */
  @WithDefault("PT15S")
  Duration statementTimeout();

  /** Longest wait for a free connection, and for the database to open. */
  @WithDefault("PT5S")
  Duration acquireTimeout();
}
