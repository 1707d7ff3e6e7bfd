package dev.whetstone.gateway.openai;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Answers in a given form, written by a model that never learned any JSON. */
@QuarkusTest
class StructuredOutputTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHAT = "/v1/chat/completions";
  private static final String ASK =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}], \"seed\": 3, \"max_tokens\": 150%s}";
  private static final String SCHEMA =
      "{\"type\": \"object\", \"properties\": {\"verdict\": {\"enum\": [\"good\", \"bad\"]},"
          + "\"stars\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 5},"
          + "\"note\": {\"type\": \"string\", \"maxLength\": 10}},"
          + "\"required\": [\"verdict\", \"stars\", \"note\"], \"additionalProperties\": false}";
  private static final String STRICT =
      ", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"r\","
          + " \"strict\": true, \"schema\": %s}}".formatted(SCHEMA);

  private static void assertIsReview(String text) throws Exception {
    JsonNode review = JSON.readTree(text);
    assertThat(review.properties().stream().map(field -> field.getKey()))
        .containsExactlyInAnyOrder("verdict", "stars", "note");
    assertThat(review.path("verdict").asText()).isIn("good", "bad");
    assertThat(review.path("stars").asInt()).isBetween(1, 5);
    // JSON Schema counts characters of Unicode
    assertThat(review.path("note").asText().codePoints()).hasSizeLessThanOrEqualTo(10);
  }

  @Test
  void everyChoiceKeepsToTheSchema() throws Exception {
    JsonPath answer =
        as("chat", ASK.formatted(STRICT + ", \"n\": 3, \"logprobs\": true")).post(CHAT).jsonPath();

    assertThat(answer.<String>getList("choices.finish_reason")).containsOnly("stop").hasSize(3);
    for (String text : answer.<String>getList("choices.message.content")) {
      assertIsReview(text);
      assertThat(text).matches("(?s).*verdict.*stars.*note.*");
    }
  }

  @Test
  void aStreamJoinsToTheSameText() {
    String whole = as("chat", ASK.formatted(STRICT)).post(CHAT).path("choices[0].message.content");
    String stream = as("chat", ASK.formatted(STRICT + ", \"stream\": true")).post(CHAT).asString();

    assertThat(join(events(stream), "/choices/0/delta/content")).isEqualTo(whole);
  }

  private static List<JsonNode> events(String stream) {
    List<JsonNode> events = new ArrayList<>();
    stream
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .forEach(line -> events.add(tree(line.substring(6))));
    return events;
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (com.fasterxml.jackson.core.JsonProcessingException malformed) {
      throw new AssertionError(json, malformed);
    }
  }

  private static String join(List<JsonNode> events, String pointer) {
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.at(pointer).asText("")));
    return text.toString();
  }

  @Test
  void bothSidesOfAPairKeepToTheSchema() throws Exception {
    String pair = ASK.formatted(", \"pair\": true, \"schema\": " + SCHEMA);
    JsonPath answer = as("chat", pair).post("/generate").jsonPath();

    assertIsReview(answer.getString("a.text"));
    assertIsReview(answer.getString("b.text"));
  }

  @Test
  void anAnswerIsOneOfItsChoices() {
    String choices = "[\"great\", \"awful\", \"so-so\"]";
    String generated =
        as("chat", ASK.formatted(", \"choices\": " + choices))
            .post("/generate")
            .path("completion.text");
    String completed =
        as("chat", "{\"prompt\": \"It was\", \"guided_choice\": %s}".formatted(choices))
            .post("/v1/completions")
            .path("choices[0].text");

    assertThat(List.of(generated, completed))
        .allMatch(text -> List.of("great", "awful", "so-so").contains(text));
  }

  @Test
  void aCutAnswerSaysSo() {
    as("chat", ASK.formatted(STRICT).replace("150", "4"))
        .post(CHAT)
        .then()
        .statusCode(200)
        .body("choices[0].finish_reason", equalTo("length"));
  }

  @Test
  void aKeywordThatCannotBeKeptIsNamed() {
    as("chat", ASK.formatted(STRICT.replace("\"maxLength\": 10", "\"not\": {}")))
        .post(CHAT)
        .then()
        .statusCode(400)
        .body("error.param", equalTo("response_format"))
        .body("error.message", containsString("the keyword not is not supported"));
  }
}
