package dev.whetstone.security;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.util.Set;

/**
 * Tells whether a browser sent a request from this gateway's own pages. The cookie's SameSite alone
 * does not: another port of the same host is the same site. Browsers send {@code Sec-Fetch-Site}
 * (Fetch Metadata) to trustworthy origins, and {@code Origin} with every request that may change
 * something.
 */
final class SameOrigin {
  private static final Set<HttpMethod> SAFE =
      Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);

  private SameOrigin() {}

  static boolean allows(HttpServerRequest request) {
    String site = request.getHeader("Sec-Fetch-Site");
    String origin = request.getHeader("Origin");
    boolean safe = SAFE.contains(request.method());
    if (origin != null && !isOwn(origin, String.valueOf(request.authority()))) {
      return false;
    }
    if (site != null) {
      return site.equals("same-origin") || (safe && site.equals("none"));
    }
    return safe || origin != null;
  }

  private static boolean isOwn(String origin, String host) {
    try {
      String authority = URI.create(origin).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (IllegalArgumentException unusable) {
      return false;
    }
  }
}
