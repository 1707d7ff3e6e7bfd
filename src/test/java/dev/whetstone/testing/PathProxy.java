package dev.whetstone.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A proxy that serves a gateway below a path of its own host. */
public final class PathProxy implements AutoCloseable {
  /** What is said of one connection, and not of what it carries. */
  private static final Set<String> OF_THE_CONNECTION =
      Set.of("connection", "content-length", "host", "transfer-encoding", "upgrade");

  /** Bytes, less than an event. */
  private static final int FEW = 50;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String path;
  private final int target;
  private final HttpServer server;
  private volatile Duration pause = Duration.ZERO;

  /**
   * Starts a proxy on a free port.
   *
   * @param path such as {@code /ask}
   * @param target port of the gateway
   */
  public PathProxy(String path, int target) throws IOException {
    this.path = path;
    this.target = target;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(path + "/", this::forward);
    server.start();
  }

  /** The address of a path of the gateway. */
  public String url(String gatewayPath) {
    return "http://localhost:" + server.getAddress().getPort() + path + gatewayPath;
  }

  /** From now on waits so long before every few bytes of a stream of events. */
  public void setPause(Duration between) {
    this.pause = between;
  }

  private void forward(HttpExchange exchange) throws IOException {
    try (exchange) {
      String address = exchange.getRequestURI().toString().substring(path.length());
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + target + address))
              .method(
                  exchange.getRequestMethod(),
                  BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) -> {
                if (!OF_THE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                  values.forEach(value -> request.header(name, value));
                }
              });
      request.header("X-Forwarded-Host", exchange.getRequestHeaders().getFirst("Host"));
      request.header("X-Forwarded-Prefix", path);
      answer(exchange, client.send(request.build(), BodyHandlers.ofInputStream()));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(HttpExchange exchange, HttpResponse<InputStream> response)
      throws IOException, InterruptedException {
    boolean slow =
        !pause.isZero()
            && response
                .headers()
                .firstValue("content-type")
                .filter(type -> type.startsWith("text/event-stream"))
                .isPresent();
    response
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (!OF_THE_CONNECTION.contains(name)) {
                values.forEach(value -> exchange.getResponseHeaders().add(name, value));
              }
            });
    try (InputStream in = response.body()) {
      boolean empty = response.statusCode() == 204 || response.statusCode() == 304;
      exchange.sendResponseHeaders(response.statusCode(), empty ? -1 : 0);
      OutputStream out = exchange.getResponseBody();
      byte[] piece = new byte[slow ? FEW : 8192];
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        if (slow) {
          Thread.sleep(pause);
        }
        out.write(piece, 0, read);
        out.flush();
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    client.shutdownNow();
  }
}
