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

/** Makes connections to a server, pooled or alone, with their time limits and role. */
record ConnectionFactory(DatabaseConfig config) {
  /** How long a server may take to give a sign of life. */
  static final int VALIDATION_SECONDS = 2;

  private static final String SET_ROLE = "SET ROLE whetstone_app";
  private static final String LOGIN_SECONDS = "5";
  private static final Duration IDLE_VALIDATION = Duration.ofSeconds(2);

  /** Brings the schema up to date. A migration may take its time, but not the way to the server. */
  void migrate(ServerAddress address) {
    Flyway.configure(Database.class.getClassLoader())
        .dataSource(address.jdbcUrl(), address.user(), address.password())
        .jdbcProperties(Map.of("loginTimeout", LOGIN_SECONDS))
        .locations("classpath:db/migration")
        // each part of the application numbers its own migrations
        .outOfOrder(true)
        .load()
        .migrate();
  }

  /** One outside a pool; the caller closes it. */
  Connection alone(ServerAddress address, String name) throws SQLException {
    Properties driver = driver();
    driver.setProperty("ApplicationName", name);
    if (address.user() != null) {
      driver.setProperty("user", address.user());
    }
    if (address.password() != null) {
      driver.setProperty("password", address.password());
    }
    Connection connection = DriverManager.getConnection(address.jdbcUrl(), driver);
    try (Statement role = connection.createStatement()) {
      role.execute(SET_ROLE);
      return connection;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }

  /** A pool, which makes its connections when they are asked for; the caller closes it. */
  AgroalDataSource pool(ServerAddress address) throws SQLException {
    Properties driver = driver();
    return AgroalDataSource.from(
        new AgroalDataSourceConfigurationSupplier()
            .connectionPoolConfiguration(
                pooled ->
                    pooled
                        .maxSize(config.connections())
                        .acquisitionTimeout(config.acquireTimeout())
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .connectionValidator(
                            ConnectionValidator.defaultValidatorWithTimeout(VALIDATION_SECONDS))
                        .idleValidationTimeout(IDLE_VALIDATION)
                        .connectionFactoryConfiguration(
                            factory -> {
                              factory.jdbcUrl(address.jdbcUrl()).initialSql(SET_ROLE);
                              driver.forEach(
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

  private Properties driver() {
    Properties driver = new Properties();
    driver.setProperty("ApplicationName", "whetstone");
    driver.setProperty("loginTimeout", LOGIN_SECONDS);
    driver.setProperty("socketTimeout", Long.toString(config.statementTimeout().toSeconds() + 10));
    driver.setProperty("tcpKeepAlive", "true");
    driver.setProperty("options", "-c statement_timeout=" + config.statementTimeout().toMillis());
    return driver;
  }
}
