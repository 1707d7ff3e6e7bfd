package dev.whetstone.gateway.generate;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.Splitter;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.http.Problem;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prompt_ids\": [], \"completion_ids\": [5]}",
        "{\"prompt_ids\": [5], \"completion_ids\": []}",
      })
  void aScoreOfNothingIsRefused(String body) {
    as("operator", body)
        .post("/score")
        .then()
        .statusCode(400)
        .body("code", equalTo("invalid_field"));
  }

  @Test
  void operatorsSeeTheBaseAsChampion() {
    as("operator", null)
        .get("/policies")
        .then()
        .statusCode(200)
        .body("items[0].version", equalTo("v0"))
        .body("items[0].aliases", hasItem("champion"))
        .body("next", nullValue());
    as("operator", null).get("/policies/v9").then().statusCode(404);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"messages\": []} | invalid_field",
        "{} | invalid_field",
        "{\"prompt\": \"x\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]} | invalid_field",
        "{\"prompt\": \"x\", \"tempratur\": 1} | unknown_field",
        "{\"prompt\": 7} | invalid_field",
        "{\"prompt\": \"x\", \"temperature\": \"hot\"} | invalid_field",
        "{\"prompt\": \"x\", \"temperature\": NaN} | invalid_json",
        "{\"prompt\": \"x\", \"temperature\": -1} | invalid_field",
        "{\"prompt\": \"x\", \"temperature\": 1e999} | invalid_field",
        "{\"prompt\": \"x\", \"top_p\": 0} | invalid_field",
        "{\"prompt\": \"x\", \"max_tokens\": 0} | invalid_field",
        "{\"prompt\": \"x\", \"max_tokens\": 1.5} | invalid_field",
        "{\"prompt\": \"x\", \"stop\": [\"\"]} | invalid_field",
        "{\"prompt\": \"x\", \"stop\": [null]} | invalid_field",
        "{\"prompt\": \"x\", \"logit_bias\": {\"1\": null}} | invalid_field",
        "{\"prompt\": \"x\", \"logit_bias\": {\"99999\": 1}} | invalid_field",
        "{\"prompt\": \"x\", \"temperature\": 1e-320} | invalid_field",
        "{\"messages\": [null]} | invalid_field",
        "{\"messages\": [{\"role\": \"user\"}]} | invalid_field",
        "{\"prompt\": \"x\" | invalid_json",
        "[] | invalid_field",
        "null | invalid_json",
      })
  void badInputIsRefusedWithAReason(String body, String code) {
    as("chat", body)
        .post("/generate")
        .then()
        .statusCode(400)
        .contentType(Problem.MEDIA_TYPE)
        .body("code", equalTo(code))
        .body("detail", notNullValue());
  }

  @ParameterizedTest
  @CsvSource({
    "/generate, temperature, 1e-320",
    "/generate, top_p, 2",
    "/generate, max_tokens, 1000000000000",
    "/generate, max_tokens, 1e400",
    "/generate, seed, 9223372036854775808",
    "/generate, top_k, 2147483648",
    "/v1/completions, n, 2000000000",
    "/v1/completions, n, 100000",
    "/v1/completions, n, 0",
  })
  void aNumberOutOfRangeIsToldByItsField(String route, String field, String number) {
    String detail =
        as("chat", "{\"prompt\": \"x\", \"%s\": %s}".formatted(field, number))
            .post(route)
            .then()
            .statusCode(400)
            .extract()
            .asString();
    assertThat(detail).contains(field).doesNotContain("jackson", "java.lang", "`");
  }

  @Test
  void aTokenBiasForTheWholeVocabularyIsRefused() {
    String biases =
        IntStream.range(0, 301)
            .mapToObj(id -> "\"" + id + "\": 1")
            .collect(Collectors.joining(", "));
    as("chat", "{\"prompt\": \"x\", \"logit_bias\": {" + biases + "}}")
        .post("/generate")
        .then()
        .statusCode(400)
        .body("field", equalTo("logit_bias"));
  }

  @Test
  void aTextFarBeyondTheContextIsNotTokenised() {
    String text = "x".repeat(900_000);
    for (String route : List.of("/tokenize", "/generate")) {
      String field = route.equals("/tokenize") ? "text" : "prompt";
      as("chat", "{\"" + field + "\": \"" + text + "\"}")
          .post(route)
          .then()
          .statusCode(400)
          .body("code", equalTo("prompt_too_long"))
          .body("detail", containsString("900000 characters"));
    }
  }

  @Test
  void unknownQueryParametersAreRefused() {
    as("operator", null)
        .get("/policies?after=v1")
        .then()
        .statusCode(400)
        .contentType(Problem.MEDIA_TYPE)
        .body("code", equalTo("unknown_parameter"))
        .body("field", equalTo("after"))
        .body("detail", containsString("cursor"));
    as("rater", null).get("/preferences?tagg=x").then().statusCode(400);
    as("rater", null).get("/preferences?tag=x").then().statusCode(200);
    as("chat", ASK.formatted("")).post("/generate?x=1").then().statusCode(400);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Host: a;Host: b;Content-Length: 2|400",
        "Host: a;Transfer-Encoding: xchunked|400",
        "Host: a;Transfer-Encoding: gzip, chunked|400",
        "Host: a;Content-Length: 2;Transfer-Encoding: chunked|400",
        "Host: a;Transfer-Encoding: chunked;Content-Length: 2|400",
        "Host: a;Content-Encoding: gzip;Content-Length: 2|415",
        "Host: a;Content-Encoding: br;Content-Length: 2|415",
      })
  void whatFollowsAnUnclearRequestIsNotServed(String headers, int status) throws IOException {
    String body =
        headers.contains("chunked") && !headers.contains("xchunked")
            ? "2\r\n{}\r\n0\r\n\r\n"
            : "{}";
    String first =
        "POST /generate HTTP/1.1\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n%s"
            .formatted(key("chat"), String.join("\r\n", Splitter.on(';').split(headers)), body);
    String answers = exchange(first + "GET /q/health/live HTTP/1.1\r\nHost: a\r\n\r\n");

    assertThat(answers).startsWith("HTTP/1.1 " + status).contains("problem+json");
    assertThat(answers.split("HTTP/1.1", -1)).as("%s", answers).hasSize(2);
  }

  @Test
  void aRequestWithoutAHostIsRefused() throws IOException {
    assertThat(exchange("GET /v1/models HTTP/1.1\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
  }

  /** Sends bytes on a connection and reads until the gateway closes it. */
  private static String exchange(String bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void tooMuchIsRefused() {
    as("chat", "{\"prompt\": \"" + "a ".repeat(20_000) + "\"}")
        .post("/generate")
        .then()
        .statusCode(400)
        .body("code", equalTo("prompt_too_long"));
    as("chat", "{\"prompt\": \"" + "a".repeat(10_000_000) + "\"}")
        .post("/generate")
        .then()
        .statusCode(413)
        .body("code", equalTo("body_too_large"));
    given()
        .header("Authorization", "Bearer " + key("chat"))
        .contentType("application/json")
        .body(new byte[] {'{', '"', (byte) 0xff, '"', '}'})
        .post("/generate")
        .then()
        .statusCode(400)
        .body("code", equalTo("invalid_utf8"));
  }

  @Test
  void keysAndRolesAreChecked() {
    given().contentType("application/json").body("{}").post("/generate").then().statusCode(401);
    as("rater", ASK.formatted("")).post("/generate").then().statusCode(403);
    as("chat", "{}").post("/score").then().statusCode(403);
    as("chat", null).get("/policies").then().statusCode(403);
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
    Instant limit = Instant.now().plusSeconds(20);
    var engine = serving.model().engine();
    while (engine.statistics().running() > 0 && Instant.now().isBefore(limit)) {
      Thread.sleep(20);
    }
    assertThat(engine.statistics().running()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\\u0000b\": 1}", "{\"a\": [{\"b\": \"\\ud800\"}]}", "[]"})
  void settingsThatCannotBeStoredAreRefused(String config) {
    as("operator", "{\"config\": %s}".formatted(config))
        .post("/training/runs")
        .then()
        .statusCode(400)
        .body("field", equalTo("config"));
  }

  @Test
  void aFormThatBreaksOffIsABadRequest() {
    as("operator", null)
        .contentType("multipart/form-data; boundary=x")
        .body("--x\r\n{}--x--\r\n".getBytes(StandardCharsets.US_ASCII))
        .post("/policies")
        .then()
        .statusCode(400)
        .body("code", equalTo("invalid_multipart"));
  }

  @Test
  void healthMetricsAndTheDocumentAreServed() {
    given()
        .get("/q/health/ready")
        .then()
        .statusCode(200)
        .body("checks.name", containsInAnyOrder("serving", "database"));
    given()
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("whetstone_engine_decoded_tokens"));
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
