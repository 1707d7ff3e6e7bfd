package dev.whetstone.database.server;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a server.
 *
 * @param jdbcUrl without the user and password that a libpq address gave
 */
public record ServerAddress(String jdbcUrl, @Nullable String user, @Nullable String password) {
  /**
   * Parses a JDBC URL, which is taken unchanged, or libpq's {@code
   * postgresql://user:password@host:port/name}.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static ServerAddress parse(String url) {
    if (url.startsWith("jdbc:postgresql:")) {
      return new ServerAddress(url, null, null);
    }
    if (!url.startsWith("postgresql://") && !url.startsWith("postgres://")) {
      throw new IllegalArgumentException(
          "the database URL must begin with jdbc:postgresql: or postgresql://");
    }
    URI uri = URI.create(url);
    String host = uri.getHost() == null ? "localhost" : uri.getHost();
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String jdbc = "jdbc:postgresql://" + host + port + uri.getRawPath() + query;
    String login = uri.getRawUserInfo();
    if (login == null) {
      return new ServerAddress(jdbc, null, null);
    }
    int colon = login.indexOf(':');
    return colon < 0
        ? new ServerAddress(jdbc, decode(login), null)
        : new ServerAddress(
            jdbc, decode(login.substring(0, colon)), decode(login.substring(colon + 1)));
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
