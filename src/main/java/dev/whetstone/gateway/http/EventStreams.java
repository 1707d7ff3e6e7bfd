package dev.whetstone.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;

/** Opens the streams of server-sent events, and builds the responses that carry them. */
@Singleton
public final class EventStreams {
  private final GatewayConfig config;
  private final ObjectMapper mapper;

  @Inject
  EventStreams(GatewayConfig config, ObjectMapper mapper) {
    this.config = config;
    this.mapper = mapper;
  }

  /** Writes the events of one response. */
  public interface Body {
    void write(EventWriter out) throws IOException;
  }

  /** The stream of a request; its writer stops as soon as the client disconnects. */
  public EventStream open(RoutingContext http) {
    return EventStream.forRequest(http, config.streamBuffer());
  }

  /** A response of server-sent events, with headers that keep proxies from buffering it. */
  public Response response(Body body) {
    return raw(out -> body.write(new EventWriter(out, mapper)));
  }

  /** As {@link #response}, for a body that writes its events itself. */
  public static Response raw(StreamingOutput body) {
    return Response.ok(body)
        .type(MediaType.SERVER_SENT_EVENTS)
        .header("Cache-Control", "no-cache")
        .header("X-Accel-Buffering", "no")
        .build();
  }
}
