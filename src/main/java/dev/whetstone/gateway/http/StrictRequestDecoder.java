package dev.whetstone.gateway.http;

import io.netty.handler.codec.http.HttpMessage;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;

/**
 * Keeps both headers of a request that has a Content-Length and a Transfer-Encoding. Netty drops
 * the length, so that nothing behind it could tell that a proxy in front may have read another body
 * (RFC 9112, section 6.3); {@link RequestBorder} refuses such a request.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {
  StrictRequestDecoder(HttpServerOptions options) {
    super(options);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    // both stay
  }
}
