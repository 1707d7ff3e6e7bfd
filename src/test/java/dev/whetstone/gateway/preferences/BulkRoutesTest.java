package dev.whetstone.gateway.preferences;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.http.Problem;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The preference log in bulk, over HTTP. */
@QuarkusTest
class BulkRoutesTest extends ReadyGateway {
  private static final String LINES = "application/x-ndjson";

  @Inject Database database;

  @Test
  void anImportedFileIsExportedAgain() {
    String prompt = "p " + UUID.randomUUID();
    String line =
        "{\"prompt\":\"%s\",\"chosen\":\"yes 漢\",\"rejected\":\"no\"}\n".formatted(prompt);

    lines("trainer", line + "nonsense\n")
        .then()
        .statusCode(200)
        .body("imported", equalTo(1))
        .body("rejected", equalTo(1))
        .body("errors[0].line", equalTo(2));
    lines("rater", line).then().statusCode(200).body("skipped", equalTo(1));

    Response export =
        given()
            .header("Authorization", "Bearer " + key("trainer"))
            .accept(LINES)
            .get("/preferences");
    assertThat(export.contentType()).startsWith(LINES);
    assertThat(export.asString()).contains(line);
    as("operator", null)
        .get("/audit?limit=1")
        .then()
        .body("items[0].action", equalTo("votes exported"));
    assertThat(as("rater", null).get("/preferences?format=jsonl&user=nobody").asString()).isEmpty();
    as("rater", null)
        .get("/preferences?format=jsonl&limit=5")
        .then()
        .statusCode(400)
        .body("field", equalTo("limit"));
    as("chat", null).get("/preferences").then().statusCode(403);
    assertThat(lines("chat", line).statusCode()).isEqualTo(403);
  }

  /** Prefetches and link checkers look first. */
  @Test
  void lookingAtTheNextPairLeasesNothing() {
    String rater = "looks-" + UUID.randomUUID();
    as("chat", "{\"prompt\": \"the song\", \"pair\": true, \"user\": \"anna\"}")
        .post("/generate")
        .then()
        .statusCode(200);

    as("rater", null).head("/preferences/next?user=" + rater).then().statusCode(204);

    assertThat(leases(rater)).isZero();
    as("rater", null).get("/preferences/next?user=" + rater).then().statusCode(200);
    assertThat(leases(rater)).isOne();
  }

  private long leases(String rater) {
    return database
        .first(row -> row.getLong(1), "SELECT count(*) FROM leases WHERE user_id = ?", rater)
        .orElseThrow();
  }

  @Test
  void aRaterVotesBlindOnAnotherUsersPair() {
    String user = "user-" + UUID.randomUUID();
    JsonPath generated =
        as("chat", "{\"prompt\": \"the song\", \"pair\": true, \"user\": \"" + user + "\"}")
            .post("/generate")
            .jsonPath();

    // Pairs of other tests may come first.
    Response next;
    do {
      next = as("rater", null).get("/preferences/next?user=kim&overlap=1&lease_seconds=60");
      assertThat(next.statusCode()).isEqualTo(200);
    } while (!next.path("pair_id").equals(generated.get("pair_id")));
    assertThat(next.asString()).doesNotContain("v0").doesNotContain(user).doesNotContain("policy");
    assertThat(next.<String>path("a.text")).isEqualTo(generated.getString("a.text"));

    String vote =
        "{\"pair_id\": \"%s\", \"choice\": \"b\", \"user\": \"%s\"}"
            .formatted(next.<String>path("pair_id"), "%s");
    as("rater", vote.formatted("lee")).post("/preferences").then().statusCode(404);
    as("rater", vote.formatted("kim"))
        .post("/preferences")
        .then()
        .statusCode(201)
        .body("policies", nullValue());
    as("rater", null)
        .get("/preferences?user=kim&order=newest&limit=1")
        .then()
        .statusCode(200)
        .body("items[0].pair_id", equalTo(next.<String>path("pair_id")))
        .body("items[0].policies", nullValue());
    as("rater", null).get("/preferences?policy=v0").then().statusCode(403);
    as("operator", null)
        .get("/preferences?user=kim&order=newest&limit=1000")
        .then()
        .statusCode(200)
        .body("items[0].pair_id", equalTo(next.<String>path("pair_id")))
        .body("items[0].choice", equalTo("b"))
        .body("items[0].policies.b", equalTo("v0"))
        .body("items[0].recorded_at", notNullValue())
        .body("next", nullValue());
    as("operator", null)
        .get("/preferences/summary")
        .then()
        .statusCode(200)
        .body("votes.b", greaterThan(0))
        .body("raters.user", hasItem("kim"));
  }

  @Test
  void anEmptyPageIsTheLast() {
    as("trainer", null)
        .get("/preferences?user=nobody")
        .then()
        .statusCode(200)
        .body("items", equalTo(List.of()))
        .body("next", nullValue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?choice=c",
        "?user=a%00",
        "?policy=%00",
        "?from=yesterday",
        "?to=2026-01-01T00:00:00",
        "?from=%2B999999999-12-31T00:00:00Z",
        "?imported=1",
        "?format=csv",
        "?form=html",
        "?tokens=yes",
        "?order=up",
        "?cursor=x",
        "?cursor=-1",
        "?limit=0",
        "?limit=1001",
        "/next?overlap=0",
        "/next?overlap=11",
        "/next?lease_seconds=x",
        "/summary?from=1",
      })
  void badParametersAreRefusedByName(String query) {
    given()
        .urlEncodingEnabled(false)
        .header("Authorization", "Bearer " + key("operator"))
        .get("/preferences" + query)
        .then()
        .statusCode(400)
        .contentType(Problem.MEDIA_TYPE)
        .body("field", equalTo(query.replaceAll(".*\\?(\\w+)=.*", "$1")));
  }

  @Test
  void theDocumentListsTheProblemsOfEveryRoute() {
    JsonPath document = given().accept("application/json").get("/q/openapi?format=json").jsonPath();
    var paths = document.<java.util.Map<String, java.util.Map<String, ?>>>get("paths");
    assertThat(paths).isNotEmpty();
    for (var path : paths.entrySet()) {
      for (String method : path.getValue().keySet()) {
        JsonPath operation = document.setRootPath("paths.'" + path.getKey() + "'." + method);
        assertThat(operation.<Object>get("security")).isNotNull();
        boolean openAi = path.getKey().startsWith("/v1/");
        String type = openAi ? "application/json" : Problem.MEDIA_TYPE;
        for (String status : List.of("401", "403", "503")) {
          assertThat(
                  operation.getString(
                      "responses.'" + status + "'.content.'" + type + "'.schema.$ref"))
              .as("%s %s %s", method, path.getKey(), status)
              .isEqualTo("#/components/schemas/" + (openAi ? "OpenAiError" : "Problem"));
        }
      }
    }
  }

  @Test
  void theDocumentDescribesTheAnswersOfOpenAisRoutes() {
    JsonPath document = given().accept("application/json").get("/q/openapi?format=json").jsonPath();
    for (String route : List.of("/v1/completions", "/v1/chat/completions")) {
      assertThat(document.getString("paths.'" + route + "'.post.responses.'200'.$ref"))
          .isEqualTo("#/components/responses/OpenAiAnswer");
    }
    assertThat(
            document.getString(
                "components.responses.OpenAiAnswer.content.'application/json'.schema.$ref"))
        .isEqualTo("#/components/schemas/OpenAiAnswer");
    assertThat(document.getMap("components.schemas.OpenAiAnswer.properties"))
        .containsKeys("id", "choices", "system_fingerprint");
  }

  private static Response lines(String role, String file) {
    return given()
        .header("Authorization", "Bearer " + key(role))
        .contentType(LINES)
        .body(file.getBytes(java.nio.charset.StandardCharsets.UTF_8))
        .post("/preferences/import");
  }
}
