package dev.whetstone.gateway.http;

import dev.whetstone.preference.PreferenceConfig;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Writes files and other long answers, of which few are written at once, to however slow a reader;
 * one more is refused. A reader that takes nothing is cut off by the connection's idle timeout, and
 * its place is free again.
 */
@Singleton
public final class ExportLimit {
  private static final int RETRY_SECONDS = 5;

  private final Semaphore places;

  @Inject
  ExportLimit(PreferenceConfig config) {
    this.places = new Semaphore(config.exports());
  }

  /**
   * A response that writes a file of JSON lines; its place is free again when the request has
   * ended.
   *
   * @param file called once there is a place
   * @throws ProblemException 503 when all places are taken
   */
  public Response stream(Supplier<StreamingOutput> file, RoutingContext http) {
    return respond(() -> Response.ok(file.get()).type(JsonLines.MEDIA_TYPE).build(), http);
  }

  /** Any response that takes long to write, as above. */
  public Response respond(Supplier<Response> file, RoutingContext http) {
    if (!places.tryAcquire()) {
      throw ProblemException.retryLater(
          503, "too_many_exports", "too many exports are running; try again later", RETRY_SECONDS);
    }
    http.addEndHandler(ended -> places.release());
    return file.get();
  }
}
