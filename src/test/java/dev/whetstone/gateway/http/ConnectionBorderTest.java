package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.vertx.http.HttpServerStart;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Connections whose clients are slow, are too many, or leave it open how a body ends. */
class ConnectionBorderTest {
  private static final int MOST = 20;
  private static final String LIVE = "GET /live HTTP/1.1\r\nHost: a\r\n";
  private static final Duration HEADERS = Duration.ofSeconds(1);

  private static Vertx vertx;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    HttpServerOptions options = new HttpServerOptions().setHost("127.0.0.1").setPort(0);
    ConnectionBorder border =
        new ConnectionBorder(new ConnectionLimits(100, MOST), HEADERS, vertx, new ObjectMapper());
    border.customizeHttpServer(options);
    port =
        vertx
            .createHttpServer(options)
            .requestHandler(ConnectionBorderTest::answer)
            .listen()
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS)
            .actualPort();
    border.guard(new HttpServerStart(options.setPort(port)));
    // the listening channel gets its handler on its own thread
    await().until(() -> lengthsSeen().contains("length 2 chunked"));
  }

  private static void answer(HttpServerRequest request) {
    request
        .response()
        .end(
            "length %s %s"
                .formatted(
                    request.getHeader("Content-Length"), request.getHeader("Transfer-Encoding")));
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void bothLengthsOfARequestAreSeen() throws IOException {
    assertThat(lengthsSeen()).contains("length 2 chunked");
  }

  private static String lengthsSeen() throws IOException {
    try (Socket socket = connect()) {
      String request =
          """
          POST / HTTP/1.1
          Host: a
          Content-Length: 2
          Transfer-Encoding: chunked
          Connection: close

          0

          """
              .replace("\n", "\r\n");
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void headersThatDripAreCutOff() throws Exception {
    try (Socket socket = connect()) {
      CompletableFuture<Void> dripping = CompletableFuture.runAsync(() -> drip(socket));

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 408").contains("problem+json", "header_timeout");
      dripping.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void laterRequestsOfAConnectionHaveTheSameTimeAndItMayRestBetweenThem() throws Exception {
    try (Socket socket = connect()) {
      for (int i = 0; i < 2; i++) {
        socket.getOutputStream().write((LIVE + "\r\n").getBytes(StandardCharsets.UTF_8));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
        // longer than the time for headers
        Thread.sleep(1_500);
        socket.getInputStream().skipNBytes(socket.getInputStream().available());
      }
      drip(socket);

      assertThat(closedWithin(socket)).isTrue();
    }
  }

  @Test
  void oneAddressHasSoManyConnectionsAndNoMore() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 3 * MOST; i++) {
        open.add(connect());
      }
      long served = open.stream().filter(ConnectionBorderTest::answers).count();

      assertThat(served).isBetween(1L, (long) MOST);
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              try (Socket socket = connect()) {
                assertThat(answers(socket)).isTrue();
              }
            });
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(15_000);
    return socket;
  }

  private static boolean answers(Socket socket) {
    try {
      socket.getOutputStream().write((LIVE + "\r\n").getBytes(StandardCharsets.UTF_8));
      return socket.getInputStream().read() == 'H';
    } catch (IOException closed) {
      return false;
    }
  }

  /** Sends a request's headers a byte every 100 ms, until the gateway closes. */
  private static void drip(Socket socket) {
    try {
      OutputStream out = socket.getOutputStream();
      for (byte letter : (LIVE + "X: " + "x".repeat(200)).getBytes(StandardCharsets.UTF_8)) {
        out.write(letter);
        Thread.sleep(100);
        if (socket.getInputStream().available() > 0) {
          return;
        }
      }
      throw new AssertionError("all headers were taken");
    } catch (SocketException closed) {
      // as it should be
    } catch (IOException | InterruptedException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static boolean closedWithin(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketException reset) {
      return true;
    }
  }
}
