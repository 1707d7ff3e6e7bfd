package dev.whetstone.gateway.preferences;

import static dev.whetstone.gateway.RunningGateway.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ratings of single answers over HTTP. */
@QuarkusTest
class FeedbackTest extends ReadyGateway {
  private static final String QUESTION =
      "\"messages\": [{\"role\": \"user\", \"content\": \"Write a review of the soup.\"}]";

  @Inject Database database;

  @ParameterizedTest
  @ValueSource(strings = {"/generate", "/v1/chat/completions"})
  void anAnswerIsRatedOnceAndReplaced(String route) {
    String id = answer(route, "anna");

    rate(id, "up", "\"user\": \"anna\", \"comment\": \"fine\", \"tags\": [\"warm\"]")
        .then()
        .statusCode(201)
        .body("feedback_id", notNullValue())
        .body("completion_id", equalTo(id))
        .body("rating", equalTo("up"))
        .body("user", equalTo("anna"))
        .body("usable", equalTo(true))
        .body("reason", nullValue())
        .body("recorded_at", notNullValue());
    rate(id, "up", "\"comment\": \"fine\", \"tags\": [\"warm\"]").then().statusCode(200);
    rate(id, "down", null).then().statusCode(200).body("rating", equalTo("down"));
    assertThat(
            database.first(
                row -> row.getString(1) + row.getString(2),
                "SELECT rating, first_rating FROM ratings WHERE completion_id = ?",
                id))
        .contains("downup");
  }

  @Test
  void everyAnswerOfARequestCanBeRated() {
    String id =
        as(
                "chat",
                """
                {"model": "champion", %s, "max_tokens": 12, "temperature": 0.9, "n": 2, "user": "carla"}
                """
                    .formatted(QUESTION))
            .post("/v1/chat/completions")
            .then()
            .extract()
            .path("id");

    rate(id, "up", null).then().statusCode(201).body("user", equalTo("carla"));
    rate(id + ":1", "down", null).then().statusCode(201);
    rate(id + ":2", "down", null).then().statusCode(404);
  }

  @Test
  void anEditBecomesAUsableVoteThatNoDuelCounts() {
    String id = answer("/generate", "doris");

    rate(id, "down", "\"edit\": \"The soup was great.\"")
        .then()
        .statusCode(201)
        .body("usable", equalTo(true));

    assertThat(
            database.first(
                row -> row.getString(1),
                "SELECT source || ' ' || text_a FROM usable_votes JOIN pairs USING (pair_id)"
                    + " WHERE usable_votes.user_id = 'doris'"))
        .contains("edit The soup was great.");
  }

  @Test
  void aStreamedAnswerCanBeRated() {
    String stream =
        as(
                "chat",
                "{%s, \"max_tokens\": 12, \"user\": \"emma\", \"stream\": true}"
                    .formatted(QUESTION))
            .post("/generate")
            .then()
            .statusCode(200)
            .extract()
            .asString();
    String id = stream.replaceAll("(?s).*\"id\":\"([^\"]+)\".*", "$1");

    rate(id, "up", null).then().statusCode(201).body("user", equalTo("emma"));
  }

  @Test
  void foreignAndUnknownAnswersAre404() {
    String id = answer("/generate", "anna");

    rate("gen_none", "up", null).then().statusCode(404).body("code", equalTo("unknown_completion"));
    rate(id, "up", "\"user\": \"berta\"").then().statusCode(404);
    as("rater", body(id, "up", null)).post("/feedback").then().statusCode(404);
    as("trainer", body(id, "up", null)).post("/feedback").then().statusCode(403);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"rating\": \"up\"}|completion_id",
        "{\"completion_id\": \"gen_1\"}|rating",
        "{\"completion_id\": \"gen_1\", \"rating\": \"great\"}|rating",
        "{\"completion_id\": \"gen_1\", \"rating\": \"up\", \"edit\": \" \"}|edit",
        "{\"completion_id\": \"gen_1\", \"rating\": \"up\", \"tags\": [null]}|tag",
      })
  void badRequestsNameTheirFault(String body, String named) {
    String detail =
        as("chat", body).post("/feedback").then().statusCode(400).extract().path("detail");
    assertThat(detail).contains(named);
  }

  private static String answer(String route, String user) {
    String asked =
        "{\"model\": \"champion\", %s, \"max_tokens\": 12, \"user\": \"%s\"}"
            .formatted(QUESTION, user);
    if (route.equals("/generate")) {
      asked = asked.replace("\"model\": \"champion\", ", "");
    }
    return as("chat", asked).post(route).then().statusCode(200).extract().path("id");
  }

  private static Response rate(String id, String rating, @Nullable String more) {
    return as("chat", body(id, rating, more)).post("/feedback");
  }

  private static String body(String id, String rating, @Nullable String more) {
    return "{\"completion_id\": \"%s\", \"rating\": \"%s\"%s}"
        .formatted(id, rating, more == null ? "" : ", " + more);
  }
}
