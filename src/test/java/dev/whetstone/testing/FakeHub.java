package dev.whetstone.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A server on the loopback address that serves one file as Hugging Face does, and fails at will.
 */
public final class FakeHub implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final byte[] file;
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private volatile int status = 200;
  private volatile long breakAfter = Integer.MAX_VALUE;
  private volatile long holdAt;
  private volatile @Nullable Path held;
  private volatile boolean silent;
  private volatile boolean ranges = true;
  private volatile @Nullable String redirect;

  /** Starts a server of a file. */
  public FakeHub(byte[] file) throws IOException {
    this.file = file.clone();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Each request as "path range authorization". */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** Answers with a status and no file. */
  public FakeHub status(int code) {
    status = code;
    return this;
  }

  /** Breaks a transfer off after so many bytes; the next one too. */
  public FakeHub breakAfter(long bytes) {
    breakAfter = bytes;
    return this;
  }

  /** Sends so many bytes, and the others once a file exists. */
  public FakeHub holdAt(long bytes, Path until) {
    holdAt = bytes;
    held = until;
    return this;
  }

  /** Takes requests and never answers. */
  public FakeHub silent() {
    silent = true;
    return this;
  }

  /** Knows no ranges. */
  public FakeHub withoutRanges() {
    ranges = false;
    return this;
  }

  /** Redirects to another server. */
  public FakeHub redirect(String address) {
    redirect = address;
    return this;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String range = header(exchange, "Range");
    requests.add(
        "%s %s %s".formatted(exchange.getRequestURI(), range, header(exchange, "Authorization")));
    try (exchange) {
      if (silent) {
        Thread.sleep(60_000);
      }
      String target = redirect;
      if (target != null) {
        exchange.getResponseHeaders().add("Location", target + exchange.getRequestURI());
        exchange.sendResponseHeaders(302, -1);
        return;
      }
      if (status != 200) {
        exchange.sendResponseHeaders(status, -1);
        return;
      }
      int from = ranges && range.startsWith("bytes=") ? from(range) : 0;
      exchange.sendResponseHeaders(from > 0 ? 206 : 200, file.length - from);
      int end = (int) Math.min(file.length, from + breakAfter);
      Path until = held;
      if (until != null && from < holdAt) {
        exchange.getResponseBody().write(Arrays.copyOfRange(file, from, (int) holdAt));
        exchange.getResponseBody().flush();
        from = (int) holdAt;
        while (!Files.exists(until)) {
          Thread.sleep(20);
        }
      }
      exchange.getResponseBody().write(Arrays.copyOfRange(file, from, end));
      exchange.getResponseBody().flush();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private static int from(String range) {
    return Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
  }

  private static String header(HttpExchange exchange, String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name)).orElse("-");
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
