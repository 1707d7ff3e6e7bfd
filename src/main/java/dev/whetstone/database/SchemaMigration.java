package dev.whetstone.database;

import dev.whetstone.database.server.ServerAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.output.MigrateResult;
import org.jboss.logging.Logger;

/** The versions of the schema: those that a database has, and those that this program knows. */
final class SchemaMigration {
  private static final Logger LOG = Logger.getLogger(SchemaMigration.class);
  private static final String FOLDER = "db/migration";

  private final ServerAddress address;

  SchemaMigration(ServerAddress address) {
    this.address = address;
  }

  /** Brings the schema up to date. Only the login has a timeout: a migration may run for long. */
  void migrate() {
    MigrateResult done = flyway(MigrationVersion.LATEST).migrate();
    if (done.migrationsExecuted > 0) {
      LOG.infof(
          "The database's schema is now at version %s: %d migrations were applied",
          done.targetSchemaVersion, done.migrationsExecuted);
    }
  }

  /** Brings an empty database to a version. */
  void migrateTo(String version) {
    flyway(MigrationVersion.fromVersion(version)).migrate();
  }

  /** The versions that this program knows, in order. */
  List<String> known() {
    return resolved().map(info -> info.getVersion().getVersion()).toList();
  }

  /** The versions that the database has, in order. */
  List<String> applied() {
    return Arrays.stream(flyway(MigrationVersion.LATEST).info().applied())
        .filter(info -> info.getVersion() != null)
        .map(info -> info.getVersion().getVersion())
        .toList();
  }

  /** The statements of all migrations that this program knows, a text for each, in order. */
  List<String> scripts() {
    return resolved().map(MigrationInfo::getScript).map(SchemaMigration::read).toList();
  }

  private Stream<MigrationInfo> resolved() {
    return Arrays.stream(flyway(MigrationVersion.LATEST).info().all())
        .filter(info -> info.getVersion() != null && info.getState().isResolved());
  }

  private static String read(String script) {
    String name = FOLDER + "/" + script.substring(script.lastIndexOf('/') + 1);
    try (InputStream in = Database.class.getClassLoader().getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the build has no migration " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new IllegalStateException("the build's migration " + name + " is damaged", unreadable);
    }
  }

  private Flyway flyway(MigrationVersion target) {
    return Flyway.configure(Database.class.getClassLoader())
        .dataSource(address.jdbcUrl(), address.user(), address.password())
        .jdbcProperties(Map.of("loginTimeout", ConnectionFactory.LOGIN_SECONDS))
        .locations("classpath:" + FOLDER)
        .target(target)
        // a newer version's migrations, which an older gateway meets while a cluster is renewed
        .ignoreMigrationPatterns("*:missing", "*:future")
        .load();
  }
}
