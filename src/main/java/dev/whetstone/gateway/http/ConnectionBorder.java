package dev.whetstone.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.quarkus.vertx.http.HttpServerStart;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import org.jboss.logging.Logger;

/**
 * Guards connections before any request is read: how many there are, of one address too, and how
 * long a request's headers may take. Vert.x offers no hook there, so the listening channel gets a
 * handler of ours, which sees each connection before Vert.x does.
 */
@Singleton
final class ConnectionBorder implements HttpServerOptionsCustomizer {
  private static final Logger LOG = Logger.getLogger(ConnectionBorder.class);

  private final ConnectionLimits limits;
  private final Duration headerTimeout;
  private final Vertx vertx;
  private final String tooSlow;

  @Inject
  ConnectionBorder(GatewayConfig config, Vertx vertx, ObjectMapper mapper) {
    this(
        new ConnectionLimits(config.maxConnections(), config.maxAddressConnections()),
        config.headerTimeout(),
        vertx,
        mapper);
  }

  ConnectionBorder(
      ConnectionLimits limits, Duration headerTimeout, Vertx vertx, ObjectMapper mapper) {
    this.limits = limits;
    this.headerTimeout = headerTimeout;
    this.vertx = vertx;
    this.tooSlow = tooSlow(headerTimeout, mapper);
  }

  private static String tooSlow(Duration limit, ObjectMapper mapper) {
    Problem problem =
        Problems.of(408, "header_timeout", "the headers did not arrive within " + limit, null);
    String body = mapper.valueToTree(problem).toString();
    return "HTTP/1.1 408 Request Timeout\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
            .formatted(Problem.MEDIA_TYPE, body.length())
        + "Connection: close\r\n\r\n"
        + body;
  }

  // Without TLS nobody needs HTTP/2, and its upgrade would bring a second way of reading requests.
  @Override
  public void customizeHttpServer(HttpServerOptions options) {
    options.setHttp2ClearTextEnabled(false);
  }

  void guard(@ObservesAsync HttpServerStart started) {
    int port = started.options().getPort();
    for (EventExecutor loop : ((VertxInternal) vertx).getAcceptorEventLoopGroup()) {
      if (loop instanceof SingleThreadEventLoop acceptor) {
        acceptor.execute(() -> guard(acceptor, started.options(), port));
      }
    }
  }

  private void guard(SingleThreadEventLoop acceptor, HttpServerOptions options, int port) {
    for (Iterator<Channel> all = acceptor.registeredChannelsIterator(); all.hasNext(); ) {
      if (all.next() instanceof ServerChannel listening
          && listening.localAddress() instanceof InetSocketAddress local
          && (port <= 0 || local.getPort() == port)
          && listening.pipeline().get(Gate.class) == null) {
        listening.pipeline().addFirst(new Gate(options));
        LOG.debugf("connections at %s are guarded", local);
      }
    }
  }

  /** Connections that are open now. */
  int open() {
    return limits.open();
  }

  /** Sees each connection that is accepted, before Vert.x does. */
  @Sharable
  private final class Gate extends ChannelInboundHandlerAdapter {
    private final HttpServerOptions options;

    Gate(HttpServerOptions options) {
      this.options = options;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof Channel accepted) {
        String address =
            accepted.remoteAddress() instanceof InetSocketAddress remote
                ? remote.getAddress().getHostAddress()
                : "";
        if (!limits.tryOpen(address)) {
          LOG.debugf("a connection of %s is one too many", address);
          accepted.unsafe().closeForcibly();
          return;
        }
        var _ = accepted.closeFuture().addListener(closed -> limits.close(address));
        accepted.pipeline().addFirst(new ConnectionGuard(options, headerTimeout, tooSlow));
      }
      context.fireChannelRead(message);
    }
  }
}
