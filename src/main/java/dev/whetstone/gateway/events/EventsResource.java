package dev.whetstone.gateway.events;

import dev.whetstone.gateway.http.Parameters;
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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Tells operators of decisions, runs and votes as they happen. */
@Path("/events")
@Singleton
public class EventsResource {
  private final EventService events;

  @Inject
  EventsResource(EventService events) {
    this.events = events;
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
    return events.follow(position(after == null ? lastEventId : after), http);
  }

  private static @Nullable EventPosition position(@Nullable String id) {
    return id == null || id.isEmpty()
        ? null
        : EventPosition.parse(id)
            .orElseThrow(() -> Parameters.invalid("after", "must be the id of an event"));
  }
}
