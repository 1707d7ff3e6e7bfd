package dev.whetstone.gateway.openai;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where prompts end and answers begin, stop and are counted: fields that vLLM's clients send. */
@QuarkusTest
class OpenAiEndingTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\": \"champion\", \"temperature\": 0, \"max_tokens\": 24, \"messages\":"
          + " [{\"role\": \"user\", \"content\": \"How was the song?\"}%s]%s}";

  private static JsonPath answer(String messages, String extra) {
    return as("chat", ASK.formatted(messages, extra))
        .post(CHAT)
        .then()
        .statusCode(200)
        .extract()
        .jsonPath();
  }

  private static String text(JsonPath answer) {
    return answer.getString("choices[0].message.content");
  }

  @Test
  void specialTokensAndWhatEndedATextMayStayInIt() {
    String plain = text(answer("", ""));

    assertThat(text(answer("", ", \"skip_special_tokens\": true"))).isEqualTo(plain);
    assertThat(
            text(
                answer(
                    "", ", \"skip_special_tokens\": false, \"include_stop_str_in_output\": true")))
        .isEqualTo(plain + "<|im_end|>");
    String word = List.of(plain.split(" ", -1)).get(2);
    String upToIt = plain.substring(0, plain.indexOf(word) + word.length());
    assertThat(
            text(
                answer(
                    "",
                    ", \"stop\": \"%s\", \"include_stop_str_in_output\": true".formatted(word))))
        .isEqualTo(upToIt);
  }

  @Test
  void anAnswerHasAtLeastAsManyTokensAsItMust() {
    int natural = answer("", "").getInt("usage.completion_tokens");

    JsonPath longer = answer("", ", \"min_tokens\": " + (natural + 3));

    assertThat(longer.getInt("usage.completion_tokens")).isGreaterThan(natural + 3);
    assertThat(text(longer)).startsWith(text(answer("", "")));
  }

  @Test
  void furtherEndTokensEndAnAnswer() {
    String plain = text(answer("", ""));
    List<Integer> ids =
        as("chat", "{\"text\": \"%s\"}".formatted(plain)).post("/tokenize").path("ids");

    JsonPath cut = answer("", ", \"stop_token_ids\": [%d]".formatted(ids.get(4)));

    assertThat(plain).startsWith(text(cut));
    assertThat(text(cut)).hasSizeLessThan(plain.length());
    assertThat(cut.getString("choices[0].finish_reason")).isEqualTo("stop");
  }

  @Test
  void theLastMessageMayBeContinued() {
    String plain = text(answer("", ""));
    int half = plain.lastIndexOf(' ');
    String begun =
        ", {\"role\": \"assistant\", \"content\": \"%s\"}".formatted(plain.substring(0, half));

    String rest = text(answer(begun, ", \"continue_final_message\": true"));
    String closed = text(answer(begun, ", \"add_generation_prompt\": false"));

    assertThat(rest).isEqualTo(plain.substring(half));
    assertThat(closed).isNotEqualTo(rest);
  }

  @Test
  void everyEventMayHaveTheCountsSoFar() throws Exception {
    String asked =
        ASK.formatted(
            "",
            ", \"stream\": true, \"stream_options\": {\"include_usage\": true,"
                + " \"continuous_usage_stats\": true}");
    List<Integer> counts = new ArrayList<>();
    for (String line : as("chat", asked).post(CHAT).asString().lines().toList()) {
      if (line.startsWith("data: {")) {
        JsonNode usage = JSON.readTree(line.substring(6)).path("usage");
        counts.add(usage.path("completion_tokens").asInt(-1));
      }
    }

    assertThat(counts).isSorted().doesNotContain(-1).hasSizeGreaterThan(4);
    assertThat(counts.getLast()).isEqualTo(answer("", "").getInt("usage.completion_tokens"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"min_tokens\": 25|min_tokens",
        "\"min_tokens\": -1|min_tokens",
        "\"min_tokens\": 2, \"response_format\": {\"type\": \"json_object\"}|min_tokens",
        "\"stop_token_ids\": [-1]|stop_token_ids",
        "\"stop_token_ids\": [99999999]|stop_token_ids",
        "\"continue_final_message\": true, \"add_generation_prompt\": true|continue_final_message",
      })
  void whatCannotBeIsRefusedByName(String extra, String field) {
    as("chat", ASK.formatted("", ", " + extra))
        .post(CHAT)
        .then()
        .statusCode(400)
        .body("error.param", equalTo(field));
  }
}
