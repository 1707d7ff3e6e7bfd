package dev.whetstone.database;

import dev.whetstone.database.server.ServerAddress;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration.ConnectionValidator;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.output.MigrateResult;
import org.jboss.logging.Logger;

/** Makes connections, pooled or not, with their timeouts and the role {@code whetstone_app}. */
record ConnectionFactory(DatabaseConfig config) {
  private static final Logger LOG = Logger.getLogger(ConnectionFactory.class);

  /** Longest wait for an answer when a connection is validated. */
  static final int VALIDATION_SECONDS = 2;

  private static final String SET_ROLE = "SET ROLE whetstone_app";
  private static final String LOGIN_SECONDS = "5";
  private static final Duration IDLE_BEFORE_VALIDATION = Duration.ofSeconds(2);

  /** Brings the schema up to date. Only the login has a timeout: a migration may run for long. */
  void migrate(ServerAddress address) {
    MigrateResult done =
        Flyway.configure(Database.class.getClassLoader())
            .dataSource(address.jdbcUrl(), address.user(), address.password())
            .jdbcProperties(Map.of("loginTimeout", LOGIN_SECONDS))
            .locations("classpath:db/migration")
            // a newer version's migrations, which an older gateway meets while a cluster is renewed
            .ignoreMigrationPatterns("*:missing", "*:future")
            .load()
            .migrate();
    if (done.migrationsExecuted > 0) {
      LOG.infof(
          "The database's schema is now at version %s: %d migrations were applied",
          done.targetSchemaVersion, done.migrationsExecuted);
    }
  }

  /** Opens a connection outside the pool; the caller closes it. */
  Connection connectUnpooled(ServerAddress address, String name) throws SQLException {
    Properties properties = driverProperties();
    properties.setProperty("ApplicationName", name);
    if (address.user() != null) {
      properties.setProperty("user", address.user());
    }
    if (address.password() != null) {
      properties.setProperty("password", address.password());
    }
    Connection connection = DriverManager.getConnection(address.jdbcUrl(), properties);
    try (Statement role = connection.createStatement()) {
      role.execute(SET_ROLE);
      return connection;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }

  /** Creates a pool that connects on demand; the caller closes it. */
  AgroalDataSource createPool(ServerAddress address) throws SQLException {
    Properties properties = driverProperties();
    return AgroalDataSource.from(
        new AgroalDataSourceConfigurationSupplier()
            .connectionPoolConfiguration(
                pooled ->
                    pooled
                        .maxSize(config.maxConnections())
                        .acquisitionTimeout(config.acquireTimeout())
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .connectionValidator(
                            ConnectionValidator.defaultValidatorWithTimeout(VALIDATION_SECONDS))
                        .idleValidationTimeout(IDLE_BEFORE_VALIDATION)
                        .connectionFactoryConfiguration(
                            factory -> {
                              factory.jdbcUrl(address.jdbcUrl()).initialSql(SET_ROLE);
                              properties.forEach(
                                  (k, v) -> factory.jdbcProperty(k.toString(), v.toString()));
                              if (address.user() != null) {
                                factory.principal(new NamePrincipal(address.user()));
                              }
                              if (address.password() != null) {
                                factory.credential(new SimplePassword(address.password()));
                              }
                              return factory;
                            })));
  }

  private Properties driverProperties() {
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", "whetstone");
    properties.setProperty("loginTimeout", LOGIN_SECONDS);
    properties.setProperty(
        "socketTimeout", Long.toString(config.statementTimeout().toSeconds() + 10));
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty(
        "options", "-c statement_timeout=" + config.statementTimeout().toMillis());
    return properties;
  }
}
