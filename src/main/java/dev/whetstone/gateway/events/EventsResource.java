package dev.whetstone.gateway.events;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.gateway.http.EventStreams;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Tells operators of decisions, runs and votes as they happen. */
@Path("/events")
@Singleton
public class EventsResource {
  private static final Logger LOG = Logger.getLogger(EventsResource.class);
  private static final int MAX_CLIENTS = 64;
  private static final int MAX_EVENTS = 100;
  private static final Duration COMMENT_PERIOD = Duration.ofSeconds(15);
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(20);

  /** A key may be revoked while a stream lasts; a client goes on where it was, with its key. */
  private static final Duration MAX_AGE = Duration.ofMinutes(15);

  private final EventFeed feed;
  private final GatewayState serving;
  private final ObjectMapper mapper;
  private final InstantSource clock;
  private final Semaphore places = new Semaphore(MAX_CLIENTS);

  @Inject
  EventsResource(
      Database database, GatewayState serving, ObjectMapper mapper, InstantSource clock) {
    this.feed = new EventFeed(database, clock);
    this.serving = serving;
    this.mapper = mapper;
    this.clock = clock;
  }

  @GET
  @RolesAllowed(Role.OPERATOR_ROLE)
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RunOnVirtualThread
  @Operation(
      summary = "Follows what happens: decision, run and votes events",
      description =
          "Each event has an id; Last-Event-ID, or after, goes on from it. votes counts the votes"
              + " since the last such event. A stream ends after 15 minutes, so that the key is"
              + " checked again, and a client that does not read is dropped.")
  public Response follow(
      @QueryParam("after") @Parameter(description = "id of the last event that was seen")
          @Nullable String after,
      @HeaderParam("Last-Event-ID") @Nullable String lastEventId,
      @Context RoutingContext http) {
    String known = after == null ? lastEventId : after;
    EventPosition start =
        known == null || known.isEmpty()
            ? feed.end()
            : EventPosition.parse(known)
                .orElseThrow(() -> Parameters.invalid("after", "must be the id of an event"));
    if (!places.tryAcquire()) {
      throw ProblemException.retryLater(
          429, "too_many_watchers", "too many clients follow the events; try again later", 5);
    }
    http.addEndHandler(ended -> places.release());
    SlowReaderGuard guard = guard(http);
    return EventStreams.raw(out -> follow(start, out, guard));
  }

  private SlowReaderGuard guard(RoutingContext http) {
    SlowReaderGuard guard =
        new SlowReaderGuard(
            WRITE_LIMIT,
            clock,
            () -> {
              LOG.warnf("a client of /events is dropped: it read nothing for %s", WRITE_LIMIT);
              http.vertx().runOnContext(ignored -> http.response().reset());
            });
    long timer = http.vertx().setPeriodic(EventFeed.PERIOD.toMillis(), ignored -> guard.check());
    http.addEndHandler(ended -> http.vertx().cancelTimer(timer));
    return guard;
  }

  private void follow(EventPosition start, OutputStream out, SlowReaderGuard guard)
      throws IOException {
    EventPosition position = start;
    Instant end = clock.instant().plus(MAX_AGE);
    // The first comment sends the headers, so that the client knows that it is connected.
    Instant commentAt = clock.instant();
    while (serving.state() instanceof GatewayState.State.Ready && clock.instant().isBefore(end)) {
      EventFeed.Batch batch = read(position);
      for (Event event : batch.events()) {
        guard.write(() -> write(out, event));
      }
      position = batch.position();
      if (!clock.instant().isBefore(commentAt)) {
        guard.write(() -> write(out, ": \n\n"));
        commentAt = clock.instant().plus(COMMENT_PERIOD);
      }
      pause();
    }
  }

  // While the database is away nothing happens; the stream goes on when it is back.
  private EventFeed.Batch read(EventPosition position) {
    try {
      EventPosition end = feed.end();
      return position.isBefore(end)
          ? feed.between(position, end, MAX_EVENTS)
          : new EventFeed.Batch(List.of(), position);
    } catch (DatabaseUnavailableException away) {
      return new EventFeed.Batch(List.of(), position);
    }
  }

  private void write(OutputStream out, Event event) throws IOException {
    write(
        out,
        "id: %s\nevent: %s\ndata: %s\n\n"
            .formatted(
                event.position().id(),
                event.data().name(),
                mapper.writeValueAsString(event.data())));
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(EventFeed.PERIOD);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", stopped);
    }
  }
}
