package dev.whetstone.gateway.generate;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;

import com.google.common.base.Splitter;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.http.Problem;
import dev.whetstone.testing.CapturedLog;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that the routes refuse, over HTTP, each with its reason. */
@QuarkusTest
class RefusedRequestsTest extends ReadyGateway {
  private static final String ASK =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"How was the song?\"}]%s}";

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
        "{\"prompt\": \"x\", \"logit_bias\": {\"01\": 1, \"1\": 2}} | invalid_field",
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
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prompt\": \"\\ud800x\"} | prompt: text contains a lone surrogate",
        "{\"prompt\": \"a\\u0000\"} | prompt: text contains U+0000",
        "{\"prompt\": \"x\", \"stop\": [\"\\udc00\"]} | stop[0]: text contains a lone surrogate",
        "{\"prompt\": \"x\" | the body is not JSON: Unexpected end-of-input: expected close marker for"
            + " Object (line 1, column 15)",
        "{\"prompt\": \"x\", \"logit_bias\": {\"a\": 1}} | logit_bias: \"a\" is not a number as a name:"
            + " digits without leading zeros, as in \"1\"",
        "{\"prompt\": \"x\", \"logit_bias\": {\"01\": 1}} | logit_bias: \"01\" is not a number as a name:"
            + " digits without leading zeros, as in \"1\"",
      })
  void aRefusalNamesTheFaultInPlainWords(String body, String detail) {
    as("chat", body).post("/generate").then().statusCode(400).body("detail", equalTo(detail));
  }

  @Test
  void aDeepBodyIsToldTheLimit() {
    as("chat", "{\"prompt\": \"x\", \"schema\": " + "[".repeat(40))
        .post("/generate")
        .then()
        .statusCode(400)
        .body("detail", containsString("nested deeper than 32 levels"));
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
  void aRequestWithoutAHostIsRefusedAsAProblemAndNoError() throws IOException {
    try (CapturedLog log = CapturedLog.ofAll()) {
      assertThat(exchange("GET /v1/models HTTP/1.1\r\n\r\n"))
          .startsWith("HTTP/1.1 400")
          .contains("problem+json", "the request has no Host header");
      assertThat(log.complaints()).isEmpty();
    }
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
}
