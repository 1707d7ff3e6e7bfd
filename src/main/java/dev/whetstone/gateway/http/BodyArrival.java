package dev.whetstone.gateway.http;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Notes that a request's body was read. Who reads it may leave the end of its stream unread, and
 * then the request itself looks unended for as long as its answer takes.
 */
@Provider
public final class BodyArrival implements ReaderInterceptor {
  private static final String READ = BodyArrival.class.getName();

  private final CurrentVertxRequest current;

  @Inject
  BodyArrival(CurrentVertxRequest current) {
    this.current = current;
  }

  /** Whether the body of a request was read. */
  static boolean of(RoutingContext http) {
    return Boolean.TRUE.equals(http.get(READ));
  }

  @Override
  public @Nullable Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
    Object body = context.proceed();
    RoutingContext http = current.getCurrent();
    // A stream is still to be read.
    if (http != null && !(body instanceof InputStream)) {
      http.put(READ, true);
    }
    return body;
  }
}
