package dev.whetstone.gateway.openai;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.RunningGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The OpenAI-compatible routes, answered by the tiny model. */
@QuarkusTest
class OpenAiTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK =
      "{\"model\": \"champion\", \"messages\": [{\"role\": \"user\", \"content\": \"How was the"
          + " song?\"}]%s}";

  @Test
  void aChatIsAnsweredLikeGenerate() {
    String greedy = ASK.formatted(", \"temperature\": 0");
    String generated =
        as("chat", greedy.replace("\"model\": \"champion\", ", ""))
            .post("/generate")
            .path("completion.text");

    as("chat", greedy)
        .post(CHAT)
        .then()
        .statusCode(200)
        .body("id", startsWith("chatcmpl"))
        .body("object", equalTo("chat.completion"))
        .body("model", equalTo("champion"))
        .body("choices[0].message.role", equalTo("assistant"))
        .body("choices[0].message.content", equalTo(generated))
        .body("choices[0].finish_reason", equalTo("stop"))
        .body("usage.prompt_tokens", equalTo(13));
  }

  @Test
  void aStreamJoinsToTheAnswerAndEndsWithItsCounts() throws Exception {
    String seeded =
        ASK.formatted(", \"seed\": 5, \"n\": 2, \"logprobs\": true, \"top_logprobs\": 3%s");
    JsonPath whole = as("chat", seeded.formatted("")).post(CHAT).jsonPath();
    String stream =
        as(
                "chat",
                seeded.formatted(
                    ", \"stream\": true, \"stream_options\": {\"include_usage\": true}"))
            .post(CHAT)
            .asString();

    List<JsonNode> parts = new ArrayList<>();
    for (String line : stream.lines().filter(l -> l.startsWith("data: {")).toList()) {
      parts.add(JSON.readTree(line.substring(6)));
    }
    assertThat(stream).endsWith("data: [DONE]\n\n");
    for (int index = 0; index < 2; index++) {
      StringBuilder text = new StringBuilder();
      List<Double> logps = new ArrayList<>();
      for (JsonNode part : parts) {
        for (JsonNode choice : part.path("choices")) {
          if (choice.path("index").asInt() == index) {
            text.append(choice.at("/delta/content").asText(""));
            for (JsonNode token : choice.at("/logprobs/content")) {
              logps.add(token.path("logprob").asDouble());
              assertThat(token.path("top_logprobs")).hasSize(3);
            }
          }
        }
      }
      String choice = "choices[" + index + "].";
      assertThat(text).hasToString(whole.getString(choice + "message.content"));
      List<Number> expected = whole.getList(choice + "logprobs.content.logprob");
      assertThat(logps).hasSameSizeAs(expected);
      for (int i = 0; i < logps.size(); i++) {
        assertThat(logps.get(i)).isCloseTo(expected.get(i).doubleValue(), within(1e-6));
      }
    }
    assertThat(parts.getLast().path("choices")).isEmpty();
    assertThat(parts.getLast().at("/usage/completion_tokens").asInt())
        .isEqualTo(whole.getInt("usage.completion_tokens"));
  }

  @Test
  void theChosenTokensAlternativesBeginWithTheMostProbable() {
    as("chat", ASK.formatted(", \"temperature\": 0, \"logprobs\": true, \"top_logprobs\": 2"))
        .post(CHAT)
        .then()
        .statusCode(200)
        .body("choices[0].logprobs.content[0].top_logprobs", hasSize(2))
        .body("choices[0].logprobs.content[0].logprob", lessThanOrEqualTo(0f));
  }

  @Test
  void aTextIsContinuedFromWordsAndFromIds() {
    String words =
        "{\"prompt\": \"I loved the\", \"max_tokens\": 8, \"temperature\": 0, \"logprobs\": 2}";
    JsonPath fromWords = as("chat", words).post("/v1/completions").jsonPath();
    List<Integer> ids = as("chat", "{\"text\": \"I loved the\"}").post("/tokenize").path("ids");

    String text = fromWords.getString("choices[0].text");
    assertThat(text).isNotEmpty();
    assertThat(String.join("", fromWords.<String>getList("choices[0].logprobs.tokens")))
        .isEqualTo(text);
    as("chat", words.replace("\"I loved the\"", ids.toString()))
        .post("/v1/completions")
        .then()
        .statusCode(200)
        .body("object", equalTo("text_completion"))
        .body("choices[0].text", equalTo(text));
  }

  @Test
  void severalPromptsAreCompletedInOrder() {
    String one = "{\"prompt\": %s, \"max_tokens\": 6, \"temperature\": 0}";
    String both = one.formatted("[\"I loved the\", \"It was\"]");
    JsonPath answer = as("chat", both).post("/v1/completions").jsonPath();

    assertThat(answer.<Integer>getList("choices.index")).containsExactly(0, 1);
    for (int i = 0; i < 2; i++) {
      String alone = one.formatted(i == 0 ? "\"I loved the\"" : "\"It was\"");
      assertThat(answer.getString("choices[" + i + "].text"))
          .isEqualTo(as("chat", alone).post("/v1/completions").path("choices[0].text"));
    }
  }

  @Test
  void anEchoedPromptHasTheLogprobsOfScore() {
    List<Integer> ids =
        as("chat", "{\"text\": \"I loved the song\"}").post("/tokenize").path("ids");
    String echo =
        "{\"prompt\": [%s], \"max_tokens\": %d, \"logprobs\": 1, \"echo\": true, \"temperature\": 0}";
    JsonPath scored = as("chat", echo.formatted(ids, 0)).post("/v1/completions").jsonPath();
    String score =
        "{\"prompt_ids\": %s, \"completion_ids\": %s}"
            .formatted(ids.subList(0, 1), ids.subList(1, ids.size()));
    List<Number> expected = as("operator", score).post("/score").jsonPath().getList("logps");

    List<Number> logps = scored.getList("choices[0].logprobs.token_logprobs");
    assertThat(scored.getString("choices[0].text")).isEqualTo("I loved the song");
    assertThat(logps).hasSize(ids.size());
    assertThat(logps.getFirst()).isNull();
    for (int i = 1; i < logps.size(); i++) {
      assertThat(logps.get(i).doubleValue())
          .isCloseTo(expected.get(i - 1).doubleValue(), within(1e-5));
    }
    JsonPath continued = as("chat", echo.formatted(ids, 1)).post("/v1/completions").jsonPath();
    assertThat(continued.getList("choices[0].logprobs.token_logprobs")).hasSize(ids.size() + 1);
    assertThat(continued.getList("choices[0].logprobs.top_logprobs")).hasSize(ids.size() + 1);
  }

  @Test
  void readinessAndMetricsAreWhereOtherServersHaveThem() {
    as("chat", null).get("/health").then().statusCode(200).body("status", equalTo("UP"));
    assertThat(as("chat", null).get("/metrics").then().statusCode(200).extract().asString())
        .contains("whetstone_");
  }

  @Test
  void whatIsNotServedSaysWhatToUse() {
    as("chat", "{\"input\": \"Hi\"}")
        .post("/v1/embeddings")
        .then()
        .statusCode(404)
        .body("error.message", containsString("/v1/chat/completions"));
    as("chat", null)
        .get("/tokenizer_info")
        .then()
        .statusCode(200)
        .body("eos_token", equalTo("<|im_end|>"))
        .body("model_max_length", greaterThan(0));
  }

  @Test
  void contentMayComeInParts() {
    String parts =
        "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"How was"
            + " the song?\"}]}], \"temperature\": 0, \"max_completion_tokens\": 4}";

    as("chat", parts).post(CHAT).then().statusCode(200).body("usage.completion_tokens", equalTo(4));
  }

  @Test
  void modelsAreTheAliasesAndVersions() {
    as("chat", null)
        .get("/v1/models")
        .then()
        .statusCode(200)
        .body("data.id", equalTo(List.of("default", "champion", "v0")));
    as("operator", null)
        .get("/v1/models")
        .then()
        .statusCode(200)
        .body("data.id", hasItems("default", "champion", "v0"));
    as("chat", null).get("/v1/models/v0").then().statusCode(200).body("object", equalTo("model"));
    as("chat", null)
        .get("/v1/models/none")
        .then()
        .statusCode(403)
        .body("error.type", equalTo("permission_error"));
    as("operator", null)
        .get("/v1/models/none")
        .then()
        .statusCode(404)
        .body("error.type", equalTo("invalid_request_error"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ", \"tools\": [], \"tool_choice\": \"none\", \"functions\": null",
        ", \"best_of\": 1, \"suffix\": null, \"audio\": null, \"modalities\": [\"text\"]",
        ", \"top_k\": -1, \"seed\": -1, \"logit_bias\": {}, \"chat_template_kwargs\": {}",
        ", \"top_p\": 0, \"stop\": \"\", \"top_logprobs\": 0, \"echo\": false",
        ", \"response_format\": {\"type\": \"text\"}, \"reasoning_effort\": null",
      })
  void fieldsThatAskForNothingAreServed(String extra) {
    as("chat", ASK.formatted(extra + ", \"max_tokens\": 2")).post(CHAT).then().statusCode(200);
  }

  @Test
  void aClientsOwnMessageMayComeBack() {
    String history =
        "{\"max_tokens\": 2, \"messages\": [{\"role\": \"developer\", \"content\": \"Be brief.\"},"
            + "{\"role\": \"user\", \"content\": \"Hi\"},{\"role\": \"assistant\", \"content\": \"Yes\","
            + "\"refusal\": null, \"annotations\": [], \"audio\": null, \"function_call\": null,"
            + "\"tool_calls\": null, \"parsed\": null}, {\"role\": \"user\", \"content\": \"Go on\"}]}";

    as("chat", history).post(CHAT).then().statusCode(200);
    as("chat", history.replace("developer", "banana"))
        .post(CHAT)
        .then()
        .statusCode(400)
        .body("error.param", equalTo("messages[0].role"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ", \"audio\": {\"voice\": \"alloy\"}|400|unknown_field",
        ", \"best_of\": 2|400|unknown_field",
        ", \"tool_choice\": \"required\"|400|invalid_field",
        ", \"n\": 0|400|invalid_field",
        ", \"n\": 1000|400|invalid_field",
        ", \"top_logprobs\": 3|400|invalid_field",
        ", \"logprobs\": true, \"top_logprobs\": 21|400|invalid_field",
        ", \"stream_options\": {}|400|invalid_field",
        ", \"response_format\": {\"type\": \"grammar\"}|400|invalid_field",
        ", \"guided_json\": {\"uniqueItems\": true}|400|invalid_schema",
        ", \"guided_choice\": []|400|invalid_field",
        ", \"temperature\": -1|400|invalid_field",
      })
  void unsupportedRequestsGetOpenAisErrors(String extra, int status, String code) {
    as("chat", ASK.formatted(extra))
        .post(CHAT)
        .then()
        .statusCode(status)
        .contentType("application/json")
        .body("error.code", equalTo(code))
        .body("error.type", equalTo("invalid_request_error"));
  }

  @Test
  void anUnknownModelAndAnInvalidKeyAreReported() {
    as("chat", ASK.formatted("").replace("champion", "v999"))
        .post(CHAT)
        .then()
        .statusCode(403)
        .body("error.code", equalTo("forbidden"));
    as("operator", ASK.formatted("").replace("champion", "v999"))
        .post(CHAT)
        .then()
        .statusCode(404)
        .body("error.code", equalTo("model_not_found"))
        .body("error.param", equalTo("model"));
    RunningGateway.with("wsk_chat_none", ASK.formatted(""))
        .post(CHAT)
        .then()
        .statusCode(401)
        .body("error.code", equalTo("invalid_api_key"))
        .body("error.type", equalTo("authentication_error"));
  }
}
