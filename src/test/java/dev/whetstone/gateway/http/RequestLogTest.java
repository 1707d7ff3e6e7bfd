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
        {"model": "champion", "prompt": "The film was", "n": 16, "max_tokens": 400, \
        "ignore_eos": true}""";
    try (CapturedLog log = CapturedLog.of(RequestLog.class)) {
      askAndLeave(
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

  /** Its end reaches the gateway right behind the request, long before the last of 16 answers. */
  private static void askAndLeave(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    }
  }
}
