package dev.whetstone.gateway.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ends a request with a problem; mapped in {@link ExceptionMappers} alone. */
public final class ProblemException extends RuntimeException {
  private final int status;
  private final String code;
  private final @Nullable String field;
  private final Map<String, String> headers;

  private ProblemException(
      int status, String code, String detail, @Nullable String field, Map<String, String> headers) {
    super(detail);
    this.status = status;
    this.code = code;
    this.field = field;
    this.headers = headers;
  }

  public static ProblemException of(int status, String code, String detail) {
    return new ProblemException(status, code, detail, null, Map.of());
  }

  /** 400: a field of the body, a query parameter or a header holds what it may not. */
  public static ProblemException badField(String field, String code, String detail) {
    return new ProblemException(400, code, detail, field, Map.of());
  }

  /** A refusal that may succeed later. */
  public static ProblemException retryLater(int status, String code, String detail, int seconds) {
    return new ProblemException(
        status, code, detail, null, Map.of("Retry-After", Integer.toString(seconds)));
  }

  public int status() {
    return status;
  }

  public String code() {
    return code;
  }

  public Map<String, String> headers() {
    return headers;
  }

  /** The body of the answer. */
  public Problem problem() {
    String detail = getMessage() == null ? code : getMessage();
    return Problems.of(status, code, detail, field);
  }
}
