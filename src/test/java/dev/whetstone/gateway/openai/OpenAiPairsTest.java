package dev.whetstone.gateway.openai;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pairs and votes for clients that know OpenAI's routes alone. */
@QuarkusTest
class OpenAiPairsTest extends ReadyGateway {
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\": \"default\", \"messages\": [{\"role\": \"user\", \"content\": \"How was the"
          + " song?\"}], \"user\": \"amy\", \"max_tokens\": 12%s}";
  private static final String VOTE = "{\"pair_id\": \"%s\", \"choice\": \"a\", \"user\": \"amy\"}";

  @Test
  void twoChoicesAreAPairThatIsVotedOnByTheAnswersId() {
    JsonPath pair = as("chat", ASK.formatted(", \"pair\": true")).post(CHAT).jsonPath();

    assertThat(pair.getList("choices")).hasSize(2);
    assertThat(pair.getString("model")).isEqualTo("default");
    assertThat(pair.getString("pair_id"))
        .isEqualTo(pair.getString("id").replace("chatcmpl_", "pair_"));
    assertThat(pair.getInt("usage.prompt_tokens_details.cached_tokens")).isZero();
    as("chat", VOTE.formatted(pair.getString("id")))
        .post("/preferences")
        .then()
        .statusCode(201)
        .body("choice", equalTo("a"));
    as("chat", VOTE.formatted(pair.getString("pair_id")))
        .post("/preferences")
        .then()
        .statusCode(200);
  }

  @Test
  void aHeaderAsksForAPairToo() {
    String stream =
        as("chat", ASK.formatted(", \"stream\": true"))
            .header("X-Whetstone-Pair", "true")
            .post(CHAT)
            .asString();
    String id = stream.replaceFirst("(?s).*?\"id\":\"(chatcmpl_\\w+)\".*", "$1");

    assertThat(stream).contains("\"index\":1").endsWith("data: [DONE]\n\n");
    as("chat", VOTE.formatted(id)).post("/preferences").then().statusCode(201);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"n\": 2|n",
        "\"logprobs\": true|logprobs",
        "\"response_format\": {\"type\": \"json_object\"}|response_format",
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}]|tools",
      })
  void whatWouldSpoilThePairIsRefused(String field, String param) {
    as("chat", ASK.formatted(", \"pair\": true, " + field))
        .post(CHAT)
        .then()
        .statusCode(400)
        .body("error.param", equalTo(param));
  }
}
