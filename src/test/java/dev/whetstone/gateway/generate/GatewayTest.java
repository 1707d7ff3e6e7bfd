package dev.whetstone.gateway.generate;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.Splitter;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The routes over HTTP, answered by the tiny model. */
@QuarkusTest
class GatewayTest extends ReadyGateway {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ASK =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"How was the song?\"}]%s}";

  @Test
  void aGreedyAnswerIsTheReferencesAndASeedRepeatsTheText() {
    as("chat", ASK.formatted(", \"temperature\": 0"))
        .post("/generate")
        .then()
        .statusCode(200)
        .body("policy", equalTo("champion"))
        .body("completion.text", containsString("song"))
        .body("completion.finish_reason", equalTo("stop"))
        .body("usage.prompt_tokens", equalTo(13))
        .body("timings.decode_ms", notNullValue());
    String seeded = ASK.formatted(", \"temperature\": 1.5, \"seed\": 42, \"max_tokens\": 40");
    String first = as("chat", seeded).post("/generate").path("completion.text");
    assertThat(as("chat", seeded).post("/generate").<String>path("completion.text"))
        .isEqualTo(first);
  }

  @Test
  void aPairIsBlindAndItsSidesDiffer() {
    Response answer = as("chat", ASK.formatted(", \"pair\": true")).post("/generate");

    assertThat(answer.statusCode()).isEqualTo(200);
    JsonPath body = answer.jsonPath();
    assertThat(body.getString("a.text")).isNotEqualTo(body.getString("b.text"));
    assertThat(body.getString("pair_id")).startsWith("pair_");
    assertThat(Instant.parse(body.getString("expires_at"))).isAfter(Instant.now());
    assertThat(answer.asString()).doesNotContain("policy").doesNotContain("v0");
  }

  @Test
  void aStreamEqualsThePlainAnswer() throws IOException {
    String seeded = ASK.formatted(", \"seed\": 7%s");
    String plain = as("chat", seeded.formatted("")).post("/generate").path("completion.text");

    Response stream = as("chat", seeded.formatted(", \"stream\": true")).post("/generate");

    assertThat(stream.contentType()).startsWith("text/event-stream");
    assertThat(joined(stream.asString(), null)).isEqualTo(plain);
    assertThat(done(stream.asString()).at("/completion/text").asText()).isEqualTo(plain);
  }

  @Test
  void aStreamedPairNamesTheSides() throws IOException {
    String stream =
        as("chat", ASK.formatted(", \"pair\": true, \"stream\": true"))
            .post("/generate")
            .asString();

    assertThat(joined(stream, "a")).isEqualTo(done(stream).at("/a/text").asText()).isNotEmpty();
    assertThat(joined(stream, "b")).isEqualTo(done(stream).at("/b/text").asText()).isNotEmpty();
  }

  @Test
  void textBecomesIdsAndTextAgain() {
    String text = "<|im_start|>user\nHow was the song?<|im_end|>\n<|im_start|>assistant\n";
    List<Integer> ids =
        as("chat", ASK.formatted(""))
            .post("/tokenize")
            .then()
            .body("text", equalTo(text))
            .extract()
            .path("ids");
    assertThat(ids).hasSize(13);
    as("chat", "{\"ids\": " + ids + "}").post("/detokenize").then().body("text", equalTo(text));
  }

  @Test
  void aScoreOfTheBaseIsTheReferences() throws IOException {
    JsonNode golden =
        JSON.readTree(Path.of("src/test/resources/golden/tiny-forward.json").toFile()).get(0);
    String body =
        "{\"prompt_ids\": %s, \"completion_ids\": %s}"
            .formatted(golden.path("prompt_ids"), golden.path("completion_ids"));

    JsonPath score =
        as("operator", body).post("/score").then().statusCode(200).extract().jsonPath();

    // This gateway serves int8; OrtModel's tests compare fp32 with the golden file.
    assertThat(score.getDouble("logp"))
        .isCloseTo(
            golden.path("completion_logp").asDouble(), org.assertj.core.data.Offset.offset(0.5));
    assertThat(score.getDouble("reward")).isZero();
    assertThat(score.getList("logps")).hasSize(golden.path("completion_ids").size());
  }

  @Test
  void operatorsSeeTheBaseAsChampion() {
    as("operator", null)
        .get("/policies")
        .then()
        .statusCode(200)
        .body("items.find { it.version == 'v0' }.aliases", hasItem("champion"))
        .body("next", nullValue());
    as("operator", null).get("/policies/v999999").then().statusCode(404);
  }

  @Test
  void aClientThatDisconnectsFreesItsSlot() throws Exception {
    byte[] body =
        ASK.formatted(
                ", \"stream\": true, \"max_tokens\": 2000, \"temperature\": 3, \"logit_bias\": {\"2\": -100, \"0\": -100}")
            .getBytes(StandardCharsets.UTF_8);
    String head =
        """
        POST /generate HTTP/1.1\r
        Host: localhost\r
        Content-Type: application/json\r
        Authorization: Bearer KEY\r
        Content-Length: LENGTH\r
        \r
        """
            .replace("KEY", key("chat"))
            .replace("LENGTH", Integer.toString(body.length));
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Socket client = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port);
      client.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
      client.getOutputStream().write(body);
      clients.add(client);
    }
    for (Socket client : clients) {
      assertThat(client.getInputStream().readNBytes(100)).hasSize(100);
      client.close();
    }
    var engine = serving.model().engine();
    await().atMost(Duration.ofSeconds(20)).until(() -> engine.statistics().running() == 0);
  }

  @Test
  void healthMetricsAndTheDocumentAreServed() {
    given()
        .get("/q/health/ready")
        .then()
        .statusCode(200)
        .body("checks.findAll { it.name == 'serving' }", hasSize(1));
    given()
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("whetstone_engine_decoded_tokens"))
        .body(containsString("whetstone_engine_first_token_seconds_total"))
        .body(containsString("whetstone_engine_adapters"));
    given().get("/q/openapi").then().statusCode(200).body(containsString("/generate"));
  }

  private static String joined(String stream, @Nullable String side) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String event : Splitter.on("\n\n").split(stream)) {
      if (event.startsWith("event: token\n")) {
        JsonNode token = JSON.readTree(event.substring(event.indexOf("data: ") + 6));
        if (side == null || side.equals(token.path("side").asText())) {
          text.append(token.path("text").asText());
        }
      }
    }
    return text.toString();
  }

  private static JsonNode done(String stream) throws IOException {
    int at = stream.indexOf("event: done\n");
    assertThat(at).isPositive();
    return JSON.readTree(stream.substring(stream.indexOf("data: ", at) + 6).strip());
  }
}
