package dev.whetstone.gateway.openai;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Anthropic's form of messages. */
@QuarkusTest
class MessagesTest extends ReadyGateway {
  private static final String ROUTE = "/v1/messages";
  private static final String ASK =
      "{\"model\": \"champion\", \"max_tokens\": 150, \"temperature\": 0, \"messages\": [{\"role\": \"user\","
          + " \"content\": \"How was the song?\"}]%s}";
  private static final String TOOLS =
      ", \"tool_choice\": {\"type\": \"any\", \"disable_parallel_tool_use\": true}, \"tools\": [{\"name\": \"rate\","
          + " \"input_schema\": {\"type\": \"object\", \"properties\": {\"stars\": {\"enum\": [1, 2, 3]}},"
          + " \"required\": [\"stars\"]}}]";

  @Test
  void aMessageIsAnsweredAsAChatIs() {
    String chat =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"How was the song?\"}], \"temperature\": 0}";
    String expected =
        as("chat", chat).post("/v1/chat/completions").path("choices[0].message.content");

    given()
        .header("X-Api-Key", key("chat"))
        .header("anthropic-version", "2023-06-01")
        .contentType("application/json")
        .body(ASK.formatted(""))
        .post(ROUTE)
        .then()
        .statusCode(200)
        .body("id", startsWith("msg_"))
        .body("type", equalTo("message"))
        .body("role", equalTo("assistant"))
        .body("content[0].type", equalTo("text"))
        .body("content[0].text", equalTo(expected))
        .body("stop_reason", equalTo("end_turn"))
        .body("usage.cache_creation_input_tokens", equalTo(0));
  }

  @Test
  void aStreamHasTheEventsOfItsBlocks() {
    String stream = as("chat", ASK.formatted(", \"stream\": true")).post(ROUTE).asString();
    List<String> events =
        stream
            .lines()
            .filter(line -> line.startsWith("event: "))
            .map(line -> line.substring(7))
            .distinct()
            .toList();

    assertThat(events)
        .containsExactly(
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop");
    assertThat(stream).contains("\"stop_reason\":\"end_turn\"");
  }

  /** The tiny model's context does not hold the tools, their explanation and a call. */
  @Test
  void toolsThatDoNotFitAreRefusedAndResultsComeBack() {
    as("chat", ASK.formatted(TOOLS))
        .post(ROUTE)
        .then()
        .statusCode(400)
        .body("error.type", equalTo("invalid_request_error"))
        .body("error.message", startsWith("This model's maximum context length"));
    String history =
        "{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": [{\"type\": \"text\","
            + " \"text\": \"I rate.\"}, {\"type\": \"tool_use\", \"id\": \"t1\", \"name\": \"rate\", \"input\": {}}]},"
            + "{\"role\": \"user\", \"content\": [{\"type\": \"tool_result\", \"tool_use_id\": \"t1\", \"content\":"
            + " [{\"type\": \"text\", \"text\": \"3\"}]}]}, ";
    as("chat", ASK.formatted("").replace("[{\"role\"", "[" + history + "{\"role\""))
        .post(ROUTE)
        .then()
        .statusCode(200);
  }

  @Test
  void errorsHaveAnthropicsForm() {
    as("chat", ASK.formatted(", \"system\": 3"))
        .post(ROUTE)
        .then()
        .statusCode(400)
        .body("type", equalTo("error"))
        .body("error.type", equalTo("invalid_request_error"))
        .body("error.message", containsString("system"));
    given()
        .header("X-Api-Key", "wsk_chat_none")
        .contentType("application/json")
        .body(ASK.formatted(""))
        .post(ROUTE)
        .then()
        .statusCode(401)
        .body("error.type", equalTo("authentication_error"));
  }
}
