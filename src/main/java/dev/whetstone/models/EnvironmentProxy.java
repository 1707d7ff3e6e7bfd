package dev.whetstone.models;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The proxy that the environment names, as curl and pip read it: {@code https_proxy}, {@code
 * http_proxy} or {@code all_proxy}, in lower case before upper case, but for the hosts of {@code
 * no_proxy}. Java reads none of these.
 */
final class EnvironmentProxy {
  private static final int DEFAULT_PORT = 1080;

  private final Map<String, String> environment;

  EnvironmentProxy(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * The proxy for an address; {@link Proxy#NO_PROXY} without any.
   *
   * @throws IOException if the variable names no proxy that is supported
   */
  Proxy of(URI address) throws IOException {
    String variable = address.getScheme().toLowerCase(Locale.ROOT) + "_proxy";
    for (String name : new String[] {variable, "all_proxy"}) {
      String value = read(name);
      if (!value.isEmpty()) {
        return isExempt(address) ? Proxy.NO_PROXY : parse(name.toUpperCase(Locale.ROOT), value);
      }
    }
    return Proxy.NO_PROXY;
  }

  private String read(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .map(key -> environment.getOrDefault(key, "").strip())
        .filter(value -> !value.isEmpty())
        .findFirst()
        .orElse("");
  }

  /** Whether NO_PROXY has the host, its domain or everything; an entry may end with a port. */
  private boolean isExempt(URI address) {
    String host = address.getHost().toLowerCase(Locale.ROOT);
    int port = port(address);
    return Arrays.stream(read("no_proxy").toLowerCase(Locale.ROOT).split("[\\s,]+"))
        .map(
            entry ->
                entry.endsWith(":" + port) ? entry.substring(0, entry.lastIndexOf(':')) : entry)
        .map(entry -> entry.startsWith("*.") ? entry.substring(2) : entry)
        .map(entry -> entry.startsWith(".") ? entry.substring(1) : entry)
        .filter(entry -> !entry.isEmpty())
        .anyMatch(entry -> entry.equals("*") || host.equals(entry) || host.endsWith("." + entry));
  }

  private static int port(URI address) {
    return address.getPort() >= 0
        ? address.getPort()
        : "http".equals(address.getScheme()) ? 80 : 443;
  }

  private static Proxy parse(String variable, String value) throws IOException {
    URI uri;
    try {
      uri = URI.create(value.contains("://") ? value : "http://" + value);
    } catch (IllegalArgumentException malformed) {
      throw new IOException(variable + " is not the address of a proxy", malformed);
    }
    if (uri.getHost() == null) {
      throw new IOException(variable + " is not the address of a proxy");
    }
    if (uri.getRawUserInfo() != null) {
      throw new IOException(variable + " has a user, which fetches from Hugging Face cannot use");
    }
    Proxy.Type type =
        switch (uri.getScheme().toLowerCase(Locale.ROOT)) {
          case "http" -> Proxy.Type.HTTP;
          case "socks4", "socks5", "socks5h" -> Proxy.Type.SOCKS;
          default ->
              throw new IOException(
                  "%s = %s://…: a proxy is http:// or socks5://"
                      .formatted(variable, uri.getScheme()));
        };
    int port = uri.getPort() >= 0 ? uri.getPort() : DEFAULT_PORT;
    return new Proxy(type, new InetSocketAddress(uri.getHost(), port));
  }
}
