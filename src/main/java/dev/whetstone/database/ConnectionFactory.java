package dev.whetstone.database;

import dev.whetstone.database.server.ServerAddress;
import dev.whetstone.database.server.UnusableServerException;
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
import java.util.Properties;

/** Makes connections, pooled or not, with their timeouts and the role {@code whetstone_app}. */
record ConnectionFactory(DatabaseConfig config) {
  /** Longest wait for an answer when a connection is validated. */
  static final int VALIDATION_SECONDS = 2;

  static final String LOGIN_SECONDS = "5";

  private static final Duration IDLE_BEFORE_VALIDATION = Duration.ofSeconds(2);

  /**
   * Brings the schema up to date and gives the application's role what it lacks.
   *
   * @throws UnusableServerException behind a pooler that gives each transaction another session
   */
  void migrate(ServerAddress address) throws SQLException, UnusableServerException {
    SessionPooling.require(() -> connectAsOwner(address, "whetstone-check"));
    SchemaMigration schema = new SchemaMigration(address);
    schema.migrate();
    try (Connection owner = connectAsOwner(address, "whetstone-role")) {
      ApplicationRole.ensure(owner, schema.scripts());
    }
  }

  /** Opens a connection of the tables' owner, without any timeout but the login's. */
  static Connection connectAsOwner(ServerAddress address, String name) throws SQLException {
    return DriverManager.getConnection(address.jdbcUrl(), ownProperties(address, name));
  }

  /** Opens a connection outside the pool; the caller closes it. */
  Connection connectUnpooled(ServerAddress address, String name) throws SQLException {
    Properties properties = ownProperties(address, name);
    properties.setProperty("socketTimeout", socketTimeout());
    Connection connection = DriverManager.getConnection(address.jdbcUrl(), properties);
    try (Statement session = connection.createStatement()) {
      session.execute(sessionSql());
      return connection;
    } catch (SQLException failed) {
      connection.close();
      throw failed;
    }
  }

  /** Creates a pool that connects on demand; the caller closes it. */
  AgroalDataSource createPool(ServerAddress address) throws SQLException {
    Properties properties = driverProperties("whetstone");
    properties.setProperty("socketTimeout", socketTimeout());
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
                              factory.jdbcUrl(address.jdbcUrl()).initialSql(sessionSql());
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

  // Statements, not a parameter of the connection's start: PgBouncer refuses those.
  private String sessionSql() {
    return "SET ROLE %s; SET statement_timeout = %d"
        .formatted(ApplicationRole.NAME, config.statementTimeout().toMillis());
  }

  private String socketTimeout() {
    return Long.toString(config.statementTimeout().toSeconds() + 10);
  }

  private static Properties ownProperties(ServerAddress address, String name) {
    Properties properties = driverProperties(name);
    if (address.user() != null) {
      properties.setProperty("user", address.user());
    }
    if (address.password() != null) {
      properties.setProperty("password", address.password());
    }
    return properties;
  }

  private static Properties driverProperties(String name) {
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", name);
    properties.setProperty("loginTimeout", LOGIN_SECONDS);
    properties.setProperty("tcpKeepAlive", "true");
    return properties;
  }
}
