package dev.whetstone.gateway.openai;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers that the engine ends with an error: nobody takes a cut one for whole. */
@QuarkusTest
@Tag("alone")
@TestProfile(FailedAnswersTest.NoTime.class)
class FailedAnswersTest extends ReadyGateway {
  /** A gateway whose every generation runs out of time. */
  public static final class NoTime implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("whetstone.gateway.request-timeout", "PT0.001S");
    }
  }

  private static final String CASES =
      """
      /v1/completions      | "prompt": "the song", "max_tokens": 400
      /v1/completions      | "prompt": "the song", "max_tokens": 400, "n": 3
      /v1/chat/completions | "messages": [{"role": "user", "content": "How?"}], "max_tokens": 400
      /v1/chat/completions | "messages": [{"role": "user", "content": "How?"}], "max_tokens": 400, "n": 2
      /v1/chat/completions | "messages": [{"role": "user", "content": "How?"}], "max_tokens": 400, "pair": true
      /v1/messages         | "messages": [{"role": "user", "content": "How?"}], "max_tokens": 400
      /v1/responses        | "input": "How?", "max_output_tokens": 400
      """;

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = CASES)
  void theErrorIsTheEndOfAStream(String route, String body) {
    Response answer =
        as("chat", "{\"model\": \"champion\", \"stream\": true, %s}".formatted(body)).post(route);

    assertThat(answer.statusCode()).isEqualTo(200);
    List<String> events =
        answer.asString().lines().filter(line -> line.startsWith("data: ")).toList();
    assertThat(events.getLast()).contains("exceeded its time limit");
    assertThat(events.subList(0, events.size() - 1))
        .as("nothing says that an answer is whole")
        .noneMatch(event -> event.matches(".*\"(finish_reason|stop_reason)\":\"[a-z_]+\".*"))
        .noneMatch(event -> event.contains("[DONE]") || event.contains("message_stop"))
        .noneMatch(event -> event.contains("response.completed"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = CASES)
  void aWholeAnswerIsA503(String route, String body) {
    Response answer = as("chat", "{\"model\": \"champion\", %s}".formatted(body)).post(route);

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    assertThat(answer.asString()).contains("exceeded its time limit");
  }
}
