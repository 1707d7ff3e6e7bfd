package dev.whetstone.gateway.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import org.jspecify.annotations.Nullable;

/** Makes problem bodies. */
public final class Problems {
  private Problems() {}

  public static Problem of(int status, String code, String detail, @Nullable String field) {
    return new Problem(
        "urn:whetstone:problem:" + code,
        HttpResponseStatus.valueOf(status).reasonPhrase(),
        status,
        detail,
        code,
        field);
  }

  /** The problem of a request that needs the database while it is unavailable. */
  public static Problem databaseUnavailable() {
    return of(503, "database_away", "the database cannot be reached now; try again later", null);
  }

  /** The code of a status that Quarkus chose, not a route. */
  static String codeOf(int status) {
    return switch (status) {
      case 400 -> "bad_request";
      case 401 -> "unauthorized";
      case 403 -> "forbidden";
      case 404 -> "not_found";
      case 405 -> "method_not_allowed";
      case 406 -> "not_acceptable";
      case 408 -> "timeout";
      case 413 -> "body_too_large";
      case 415 -> "unsupported_media_type";
      case 431 -> "headers_too_large";
      case 503 -> "unavailable";
      default -> status >= 500 ? "internal" : "refused";
    };
  }
}
