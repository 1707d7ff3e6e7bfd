package dev.whetstone.database.server;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a server.
 *
 * @param jdbcUrl without user and password where they stood in the address
 */
public record ServerAddress(String jdbcUrl, @Nullable String user, @Nullable String password) {
  /** Takes a JDBC URL as it is, and libpq's form (postgresql://user:password@host:port/name). */
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
