package dev.whetstone.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a connection, before the HTTP decoder: bounds the time in which a request's
 * line and headers arrive, and makes the decoder strict. The time begins with the connection, and
 * with the first byte of each later request. Confined to the connection's event loop.
 */
final class ConnectionGuard extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(ConnectionGuard.class);
  private static final String DECODER = "httpDecoder";

  private final HttpServerOptions options;
  private final Duration headerTimeout;
  private final byte[] answer;
  private @Nullable Future<?> deadline;
  private boolean strict;
  private boolean betweenRequests;
  private boolean served;

  /**
   * @param answer what a client gets whose first request does not arrive in time
   */
  ConnectionGuard(HttpServerOptions options, Duration headerTimeout, String answer) {
    this.options = options;
    this.headerTimeout = headerTimeout;
    this.answer = answer.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    begin(context);
    context.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!strict) {
      prepare(context.pipeline());
    }
    if (betweenRequests) {
      begin(context);
    }
    context.fireChannelRead(message);
  }

  private void begin(ChannelHandlerContext context) {
    betweenRequests = false;
    end();
    deadline =
        context
            .executor()
            .schedule(() -> expire(context), headerTimeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void end() {
    Future<?> running = deadline;
    deadline = null;
    if (running != null) {
      boolean _ = running.cancel(false);
    }
  }

  private void expire(ChannelHandlerContext context) {
    LOG.debugf("headers of %s did not arrive within %s", context.channel(), headerTimeout);
    SslHandler ssl = context.pipeline().get(SslHandler.class);
    if (served || ssl != null) {
      var _ = context.close();
      return;
    }
    ByteBuf bytes = Unpooled.wrappedBuffer(answer);
    var _ = context.writeAndFlush(bytes).addListener(ChannelFutureListener.CLOSE);
  }

  // With TLS there is no decoder before the handshake has ended.
  private void prepare(ChannelPipeline pipeline) {
    SslHandler ssl = pipeline.get(SslHandler.class);
    if (ssl == null) {
      replaceDecoder(pipeline);
    } else {
      strict = true;
      var _ = ssl.handshakeFuture().addListener(done -> replaceDecoder(pipeline));
    }
  }

  private void replaceDecoder(ChannelPipeline pipeline) {
    if (pipeline.get(DECODER) instanceof VertxHttpRequestDecoder) {
      strict = true;
      pipeline.replace(DECODER, DECODER, new StrictRequestDecoder(options));
      pipeline.addAfter(DECODER, "requestWatch", new RequestWatch());
    } else if (strict) {
      // HTTP/2 has its own limits on headers
      end();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
    context.fireChannelInactive();
  }

  /** Behind the decoder: says when a request's headers are there, and when all of it is. */
  private final class RequestWatch extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpRequest) {
        served = true;
        end();
      }
      if (message instanceof LastHttpContent) {
        betweenRequests = true;
      }
      context.fireChannelRead(message);
    }
  }
}
