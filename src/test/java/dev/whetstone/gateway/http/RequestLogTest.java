package dev.whetstone.gateway.http;

import static dev.whetstone.gateway.RunningGateway.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.testing.CapturedLog;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the log says of a request is what its client got. */
@QuarkusTest
class RequestLogTest extends ReadyGateway {
  @Test
  void anAnswerWhoseClientLeftIsNotLoggedAsWhole() throws IOException {
    String body =
        """
        {"model": "champion", "prompt": "The film was", "stream": true, "max_tokens": 400, \
        "ignore_eos": true}""";
    try (CapturedLog log = CapturedLog.of(RequestLog.class)) {
      leaveAfterTheFirstPiece(
          "POST /v1/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(key("chat"), body.length(), body));

      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(log.lines())
                      .anySatisfy(
                          line ->
                              assertThat(line.message())
                                  .contains("POST /v1/completions 499", "(client disconnected)")));
    }
  }

  private static void leaveAfterTheFirstPiece(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
      socket.setSoTimeout(20_000);
      // unread bytes make the close a reset, which the gateway sees at once
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      StringBuilder read = new StringBuilder();
      while (read.indexOf("data: ") < 0) {
        int next = socket.getInputStream().read();
        assertThat(next).as("%s", read).isNotNegative();
        read.append((char) next);
      }
    }
  }
}
