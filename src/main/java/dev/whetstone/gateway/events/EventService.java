package dev.whetstone.gateway.events;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.DatabaseException;
import dev.whetstone.database.DatabaseUnavailableException;
import dev.whetstone.gateway.http.EventStreams;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Streams events to clients, a bounded number of them, and drops one that does not read. */
@Singleton
final class EventService {
  private static final Logger LOG = Logger.getLogger(EventService.class);
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
  EventService(Database database, GatewayState serving, ObjectMapper mapper, InstantSource clock) {
    this.feed = new EventFeed(database, clock);
    this.serving = serving;
    this.mapper = mapper;
    this.clock = clock;
  }

  /**
   * Follows the events after a position, from now on where there is none.
   *
   * @throws ProblemException 429 when too many clients follow
   */
  Response follow(@Nullable EventPosition after, RoutingContext http) {
    EventPosition start = after == null ? feed.end() : after;
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

  // While the database is away or slow nothing happens; the stream goes on when it is back.
  private EventFeed.Batch read(EventPosition position) {
    try {
      EventPosition end = feed.end();
      return position.isBefore(end)
          ? feed.between(position, end, MAX_EVENTS)
          : new EventFeed.Batch(List.of(), position);
    } catch (DatabaseUnavailableException | DatabaseException away) {
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
