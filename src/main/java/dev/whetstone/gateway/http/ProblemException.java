package dev.whetstone.gateway.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ends a request with a problem; only {@link ExceptionMappers} turns it into a response. */
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

  /** A 400 {@code invalid_field}, for a body field, query parameter or header. */
  public static ProblemException invalidField(String field, String detail) {
    return badField(field, "invalid_field", detail);
  }

  /** A 400 with another code. */
  public static ProblemException badField(String field, String code, String detail) {
    return new ProblemException(400, code, detail, field, Map.of());
  }

  /** A refusal of a request that may succeed later; sets Retry-After, in seconds. */
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

  /** The response's body. */
  public Problem problem() {
    String detail = getMessage() == null ? code : getMessage();
    return Problems.of(status, code, detail, field);
  }
}
