package dev.whetstone.database.server;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How to reach a server.
 *
 * @param jdbcUrl without the user and password that a libpq address gave
 */
public record ServerAddress(String jdbcUrl, @Nullable String user, @Nullable String password) {
  private static final Pattern LIBPQ =
      Pattern.compile("postgres(?:ql)?://(?:(?<login>[^/?]*)@)?(?<hosts>[^/?@]*)(?<rest>[/?].*)?");

  private static final Pattern HOST =
      Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.%]+])(?::[0-9]{1,5})?");

  /**
   * Parses a JDBC URL, which is taken unchanged, or libpq's {@code
   * postgresql://user:password@host:port/name}, also with several hosts. User and password are
   * percent-decoded; the last {@code @} ends them. No message holds the address, because it may
   * hold a password.
   *
   * @throws IllegalArgumentException when it is neither
   */
  public static ServerAddress parse(String url) {
    if (url.startsWith("jdbc:postgresql:")) {
      int query = url.indexOf('?');
      if (query >= 0) {
        decode("a parameter", url.substring(query + 1));
      }
      return new ServerAddress(url, null, null);
    }
    if (!url.startsWith("postgresql://") && !url.startsWith("postgres://")) {
      throw new IllegalArgumentException(
          "the database URL must begin with jdbc:postgresql: or postgresql://");
    }
    // a password may hold a slash only if it is encoded, so what follows the login is unambiguous
    Matcher parts = LIBPQ.matcher(url);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "the database URL is not postgresql://user:password@host:port/name; percent-encode"
              + " special characters of the password");
    }
    String hosts = parts.group("hosts").isEmpty() ? "localhost" : parts.group("hosts");
    for (String host : hosts.split(",", -1)) {
      if (!HOST.matcher(host).matches()) {
        throw new IllegalArgumentException(
            "a host of the database URL is not host or host:port; percent-encode special characters"
                + " of user and password");
      }
    }
    String rest = parts.group("rest") == null ? "/" : parts.group("rest");
    String jdbc = "jdbc:postgresql://" + hosts + (rest.startsWith("/") ? rest : "/" + rest);
    String login = parts.group("login");
    if (login == null) {
      return new ServerAddress(jdbc, null, null);
    }
    int colon = login.indexOf(':');
    return colon < 0
        ? new ServerAddress(jdbc, decode("the user", login), null)
        : new ServerAddress(
            jdbc,
            decode("the user", login.substring(0, colon)),
            decode("the password", login.substring(colon + 1)));
  }

  private static String decode(String what, String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw new IllegalArgumentException(
          what + " in the database URL has a % that encodes nothing; write %25 for it");
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return user + " at " + jdbcUrl.replaceAll("\\?.*", "");
  }
}
