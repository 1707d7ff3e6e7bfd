package dev.whetstone.gateway.http;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a body may take to arrive, and that an answer may take longer. */
@QuarkusTest
@Tag("alone")
@TestProfile(CrossOriginTest.OneOrigin.class)
class LongAnswersTest extends ReadyGateway {
  private static final long BODY_TIMEOUT_NANOS = 1_000_000_000L;
  private static final long LONG_ENOUGH_NANOS = BODY_TIMEOUT_NANOS * 5 / 4;
  private static final int AT_ONCE = 24;
  private static final int MAX_ROUNDS = 20;

  /** Many requests at once, so that the last ones wait, until one has taken long enough. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAnswerIsNotCutWhenTheTimeForItsBodyIsOver(boolean stream) throws Exception {
    long longest = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE)) {
      for (int round = 0; round < MAX_ROUNDS && longest < LONG_ENOUGH_NANOS; round++) {
        List<Callable<Long>> calls =
            IntStream.range(0, AT_ONCE).mapToObj(i -> (Callable<Long>) () -> ask(stream)).toList();
        for (var took : threads.invokeAll(calls, 60, TimeUnit.SECONDS)) {
          longest = Math.max(longest, took.get());
        }
      }
    }
    assertThat(longest).isGreaterThan(LONG_ENOUGH_NANOS);
  }

  @Test
  void aBodyThatDoesNotArriveInTimeIsRefusedAndItsConnectionClosed() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
      socket.setSoTimeout(15_000);
      String head =
          """
          POST /generate HTTP/1.1
          Host: a
          Authorization: Bearer %s
          Content-Type: application/json
          Content-Length: 1000

          {"prompt":
          """
              .formatted(key("chat"))
              .replace("\n", "\r\n");
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));

      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answer).startsWith("HTTP/1.1 408").contains("problem+json");
    }
  }

  /** Gets a whole answer; the nanoseconds that it took. */
  private static long ask(boolean stream) {
    long begun = System.nanoTime();
    String answer =
        as(
                "chat",
                "{\"model\": \"champion\", \"messages\": [{\"role\": \"user\", \"content\": \"How was the song?\"}], \"max_tokens\": 100, \"n\": 8, \"ignore_eos\": true, \"stream\": %s}"
                    .formatted(stream))
            .post("/v1/chat/completions")
            .then()
            .statusCode(200)
            .extract()
            .asString();
    assertThat(answer).contains("\"finish_reason\":\"length\"");
    return System.nanoTime() - begun;
  }
}
