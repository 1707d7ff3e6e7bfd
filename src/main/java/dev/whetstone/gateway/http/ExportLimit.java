package dev.whetstone.gateway.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/** Streams files, and refuses one more than so many at a time. */
public final class ExportLimit {
  private static final int RETRY_SECONDS = 5;

  private final Semaphore places;

  public ExportLimit(int most) {
    this.places = new Semaphore(most);
  }

  /**
   * A response that writes a file of JSON lines; its place is free again when the request has
   * ended.
   *
   * @param file called once there is a place
   * @throws ProblemException 429 when all places are taken
   */
  public Response stream(Supplier<StreamingOutput> file, RoutingContext http) {
    return respond(() -> Response.ok(file.get()).type(JsonLines.MEDIA_TYPE).build(), http);
  }

  /** Any response that takes long to write, as above. */
  public Response respond(Supplier<Response> file, RoutingContext http) {
    if (!places.tryAcquire()) {
      throw ProblemException.retryLater(
          429, "too_many_exports", "too many exports are running; try again later", RETRY_SECONDS);
    }
    http.addEndHandler(ended -> places.release());
    return file.get();
  }
}
