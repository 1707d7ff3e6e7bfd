package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Connections whose clients are slow, or are too many. */
@QuarkusTest
@TestProfile(ConnectionBorderTest.FewConnections.class)
class ConnectionBorderTest extends ReadyGateway {
  private static final int MOST = 20;
  private static final String LIVE = "GET /q/health/live HTTP/1.1\r\nHost: a\r\n";

  /** Small limits. */
  public static final class FewConnections implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "whetstone.gateway.header-timeout",
          "PT1S",
          "whetstone.gateway.max-address-connections",
          Integer.toString(MOST));
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
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              try (Socket socket = connect()) {
                assertThat(answers(socket)).isTrue();
              }
            });
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port);
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
