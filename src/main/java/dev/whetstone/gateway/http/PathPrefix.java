package dev.whetstone.gateway.http;

import io.vertx.core.http.HttpServerRequest;

/**
 * The path of another host below which a proxy serves the gateway: its {@code X-Forwarded-Prefix}.
 * The proxy takes it off, and the application server puts it before the request's address.
 */
public final class PathPrefix {
  private PathPrefix() {}

  /** The prefix, without a slash at its end; empty when there is none. */
  public static String of(HttpServerRequest request) {
    String address = request.uri().replaceFirst("[?#].*", "");
    String path = request.path();
    // an address may also be whole, with scheme and host
    return address.startsWith("/") && !address.startsWith("//") && address.endsWith(path)
        ? address.substring(0, address.length() - path.length()).replaceFirst("/+$", "")
        : "";
  }
}
