package dev.whetstone.database;

import dev.whetstone.database.server.EmbeddedServer;
import dev.whetstone.database.server.ServerAddress;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The database as the owner of its tables sees it, whatever version its schema has: for backups.
 * The embedded server is started, or joined where it runs.
 */
public final class OwnerAccess implements AutoCloseable {
  private final @Nullable EmbeddedServer server;
  private final ServerAddress address;
  private final SchemaMigration schema;

  private OwnerAccess(@Nullable EmbeddedServer server, ServerAddress address) {
    this.server = server;
    this.address = address;
    this.schema = new SchemaMigration(address);
  }

  /**
   * Reaches the database; changes nothing in it.
   *
   * @throws IOException when the embedded server cannot be started
   */
  public static OwnerAccess open(DatabaseConfig config) throws IOException {
    if (config.url() != null) {
      return new OwnerAccess(null, ServerAddress.parse(config.url()));
    }
    EmbeddedServer server = EmbeddedServer.at(config.directory());
    return new OwnerAccess(server, server.start());
  }

  /** Opens a connection without timeouts; the caller closes it. */
  public Connection connect() throws SQLException {
    return ConnectionFactory.connectAsOwner(address, "whetstone-backup");
  }

  /** The versions of the schema that this program knows, in order. */
  public List<String> knownVersions() {
    return schema.known();
  }

  /** The versions that the database's schema has, in order; none where it holds no Whetstone. */
  public List<String> appliedVersions() {
    return schema.applied();
  }

  /** Brings an empty database to a version of the schema. */
  public void migrateTo(String version) {
    schema.migrateTo(version);
  }

  /** Stops the embedded server, unless another process uses it. */
  @Override
  public void close() throws IOException {
    if (server != null) {
      server.release();
    }
  }
}
