package dev.whetstone.gateway.openai;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Responses API, in the shapes and the order of OpenAI's reference. */
@QuarkusTest
class ResponsesTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ROUTE = "/v1/responses";
  private static final String ASK =
      "{\"model\": \"champion\", \"input\": \"How was the song?\", \"temperature\": 0%s}";
  private static final String TOOLS =
      ", \"tool_choice\": \"required\", \"max_output_tokens\": 200, \"tools\": [{\"type\": \"function\","
          + " \"name\": \"rate\", \"description\": null, \"strict\": true, \"parameters\": {\"type\": \"object\","
          + " \"properties\": {\"stars\": {\"enum\": [1, 2, 3]}}, \"required\": [\"stars\"],"
          + " \"additionalProperties\": false}}], \"parallel_tool_calls\": false";

  @Test
  void aTextIsAnsweredAsAChatIs() {
    String chat =
        "{\"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"}, {\"role\": \"user\","
            + " \"content\": \"How was the song?\"}], \"temperature\": 0}";
    String expected =
        as("chat", chat).post("/v1/chat/completions").path("choices[0].message.content");

    as("chat", ASK.formatted(", \"instructions\": \"Be brief.\", \"store\": true"))
        .post(ROUTE)
        .then()
        .statusCode(200)
        .body("id", startsWith("resp_"))
        .body("object", equalTo("response"))
        .body("status", equalTo("completed"))
        .body("model", equalTo("champion"))
        .body("store", equalTo(false))
        .body("error", nullValue())
        .body("incomplete_details", nullValue())
        .body("instructions", equalTo("Be brief."))
        .body("output", hasSize(1))
        .body("output[0].id", startsWith("msg_"))
        .body("output[0].type", equalTo("message"))
        .body("output[0].role", equalTo("assistant"))
        .body("output[0].status", equalTo("completed"))
        .body("output[0].content[0].type", equalTo("output_text"))
        .body("output[0].content[0].text", equalTo(expected))
        .body("output[0].content[0].annotations", hasSize(0))
        .body("text.format.type", equalTo("text"))
        .body("tool_choice", equalTo("auto"))
        .body("tools", hasSize(0))
        .body("usage.input_tokens", greaterThan(0))
        .body("usage.output_tokens_details.reasoning_tokens", equalTo(0));
  }

  @Test
  void aCutAnswerIsIncomplete() {
    as("chat", ASK.formatted(", \"max_output_tokens\": 2"))
        .post(ROUTE)
        .then()
        .statusCode(200)
        .body("status", equalTo("incomplete"))
        .body("incomplete_details.reason", equalTo("max_output_tokens"))
        .body("output[0].status", equalTo("incomplete"))
        .body("usage.output_tokens", equalTo(2));
  }

  @Test
  void aStreamHasTheEventsOfAMessageInTheirOrder() {
    String whole = as("chat", ASK.formatted("")).post(ROUTE).path("output[0].content[0].text");
    List<JsonNode> events = stream(ASK.formatted(", \"stream\": true"));

    List<String> types = events.stream().map(e -> e.path("type").asText()).toList();
    assertThat(types.subList(0, 4))
        .containsExactly(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added");
    assertThat(types.subList(4, types.size() - 4))
        .isNotEmpty()
        .containsOnly("response.output_text.delta");
    assertThat(types.subList(types.size() - 4, types.size()))
        .containsExactly(
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed");
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).path("sequence_number").asInt(-1)).isEqualTo(i);
    }
    StringBuilder text = new StringBuilder();
    events.forEach(event -> text.append(event.path("delta").asText("")));
    JsonNode last = events.getLast().path("response");
    assertThat(text).hasToString(whole);
    assertThat(last.at("/output/0/content/0/text").asText()).isEqualTo(whole);
    assertThat(last.at("/output/0/id")).isEqualTo(events.get(4).path("item_id"));
    assertThat(last.at("/usage/total_tokens").asInt()).isPositive();
    assertThat(events.getFirst().at("/response/status").asText()).isEqualTo("in_progress");
  }

  /** The tiny model's context does not hold the tools, their explanation and a call. */
  @Test
  void toolsThatDoNotFitAreRefusedAsInChats() {
    as("chat", ASK.formatted(TOOLS))
        .post(ROUTE)
        .then()
        .statusCode(400)
        .body("error.code", equalTo("context_length_exceeded"));
  }

  @Test
  void callsAndTheirOutputsComeBackAsItems() {
    String input =
        "[{\"role\": \"user\", \"content\": [{\"type\": \"input_text\", \"text\": \"Hi\"}]},"
            + "{\"type\": \"reasoning\", \"id\": \"rs_1\", \"summary\": []},"
            + "{\"type\": \"message\", \"id\": \"msg_1\", \"status\": \"completed\", \"role\": \"assistant\","
            + "\"content\": [{\"type\": \"output_text\", \"text\": \"I look.\", \"annotations\": []}]},"
            + "{\"type\": \"function_call\", \"id\": \"fc_1\", \"call_id\": \"c1\", \"name\": \"rate\","
            + " \"arguments\": \"{}\", \"status\": \"completed\"},"
            + "{\"type\": \"function_call_output\", \"call_id\": \"c1\", \"output\": \"3\"}]";

    as("chat", ASK.formatted("").replace("\"How was the song?\"", input))
        .post(ROUTE)
        .then()
        .statusCode(200)
        .body("output[0].type", equalTo("message"));
  }

  @Test
  void aSchemaIsKept() throws Exception {
    String format =
        ", \"text\": {\"format\": {\"type\": \"json_schema\", \"name\": \"r\", \"strict\": true, \"schema\":"
            + " {\"type\": \"object\", \"properties\": {\"good\": {\"type\": \"boolean\"}}, \"required\":"
            + " [\"good\"], \"additionalProperties\": false}}}";

    String text = as("chat", ASK.formatted(format)).post(ROUTE).path("output[0].content[0].text");

    assertThat(JSON.readTree(text).path("good").isBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"previous_response_id\": \"resp_1\"|previous_response_id|send all messages",
        "\"conversation\": {\"id\": \"c\"}|conversation|send all messages",
        "\"background\": true|background|not a field",
        "\"tools\": [{\"type\": \"web_search\"}]|tools[0].type|must be a function",
        "\"truncation\": \"some\"|truncation|auto or disabled",
        "\"input\": [{\"type\": \"item_reference\", \"id\": \"m\"}]|input[0]|not kept",
        "\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_image\"}]}]|input[0].content|input_text",
      })
  void whatIsNotServedIsNamed(String field, String param, String why) {
    String body = ASK.formatted(", " + field);
    if (field.startsWith("\"input\"")) {
      body = body.replace("\"input\": \"How was the song?\", ", "");
    }
    as("chat", body)
        .post(ROUTE)
        .then()
        .statusCode(400)
        .body("error.param", equalTo(param))
        .body("error.message", containsString(why));
  }

  private static List<JsonNode> stream(String body) {
    List<JsonNode> events = new ArrayList<>();
    String name = "";
    for (String line : as("chat", body).post(ROUTE).asString().lines().toList()) {
      if (line.startsWith("event: ")) {
        name = line.substring(7);
      } else if (line.startsWith("data: ")) {
        events.add(tree(line.substring(6)));
        assertThat(events.getLast().path("type").asText()).isEqualTo(name);
      }
    }
    return events;
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (com.fasterxml.jackson.core.JsonProcessingException malformed) {
      throw new AssertionError(json, malformed);
    }
  }
}
