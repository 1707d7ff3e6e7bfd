package dev.whetstone.gateway.generate;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Test;

/** Requests and keys that let nothing be learned. */
@QuarkusTest
class LearningConsentRoutesTest extends ReadyGateway {
  private static final String PAIR =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}], \"pair\": true,"
          + " \"max_tokens\": 8, \"temperature\": 2, \"user\": \"anna\"%s}";

  @Inject Database database;

  @Test
  void aRefusedPairIsAnsweredAndNeitherOfferedNorUsed() {
    Response answered =
        as("chat", PAIR.formatted("refused?", ", \"learn\": false")).post("/generate");
    answered.then().statusCode(200).body("learn", equalTo(false));
    String id = answered.path("pair_id");

    assertThat(learn(id)).isFalse();
    assertThat(offered()).doesNotContain(id);
    as("chat", "{\"pair_id\": \"%s\", \"choice\": \"a\", \"user\": \"anna\"}".formatted(id))
        .post("/preferences")
        .then()
        .statusCode(201)
        .body("usable", equalTo(false))
        .body("reason", equalTo("no_consent"));
  }

  @Test
  void otherPairsSayNothingOfIt() {
    for (String more : new String[] {"", ", \"learn\": true", ", \"learn\": null"}) {
      Response answered = as("chat", PAIR.formatted("allowed?", more)).post("/generate");
      answered.then().statusCode(200).body("learn", nullValue());
      assertThat(learn(answered.path("pair_id"))).isTrue();
    }
    as("chat", PAIR.formatted("allowed?", ", \"learn\": \"no\""))
        .post("/generate")
        .then()
        .statusCode(400);
  }

  @Test
  void nothingIsLearnedFromAKeyThatRefuses() {
    JsonPath key =
        as("operator", "{\"role\": \"chat\", \"users\": \"application\"}")
            .post("/keys")
            .then()
            .statusCode(201)
            .extract()
            .jsonPath();
    String path = "/keys/" + key.getString("id");
    String change = "{\"learn\": %s, \"reason\": \"their contract\"}";
    as("operator", change.formatted(false))
        .patch(path)
        .then()
        .statusCode(200)
        .body("learn", equalTo(false))
        .body("counted", equalTo(true));

    with(key.getString("key"), PAIR.formatted("a key's?", ", \"learn\": true"))
        .post("/generate")
        .then()
        .statusCode(200)
        .body("learn", equalTo(false));

    as("operator", change.formatted(true)).patch(path).then().body("learn", equalTo(true));
    with(key.getString("key"), PAIR.formatted("a key's?", ""))
        .post("/generate")
        .then()
        .body("learn", nullValue());
  }

  @Test
  void openAisStoreIsTaken() {
    for (String store : new String[] {"true", "false", "null"}) {
      as(
              "chat",
              "{\"model\": \"champion\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}],"
                  + " \"max_tokens\": 4, \"store\": "
                  + store
                  + "}")
          .post("/v1/chat/completions")
          .then()
          .statusCode(200);
    }
    as("chat", "{\"model\": \"champion\", \"prompt\": \"hi\", \"max_tokens\": 4, \"store\": false}")
        .post("/v1/completions")
        .then()
        .statusCode(200);
  }

  @Test
  void anOperatorFindsTheVersionsByTheAnswersId() {
    String id = as("chat", PAIR.formatted("whose?", "")).post("/generate").path("pair_id");
    as("operator", null)
        .get("/answers/" + id)
        .then()
        .statusCode(200)
        .body("policies.a.version", equalTo("v0"))
        .body("user", equalTo("anna"));
    as("chat", null).get("/answers/" + id).then().statusCode(403);
    as("operator", null).get("/answers/pair_none").then().statusCode(404);
  }

  private boolean learn(String pairId) {
    return database
        .first(row -> row.getBoolean(1), "SELECT learn FROM pairs WHERE pair_id = ?", pairId)
        .orElseThrow();
  }

  /** The ids of all pairs that a new rater is given. */
  private static String offered() {
    StringBuilder ids = new StringBuilder();
    Response next;
    do {
      next = as("rater", null).get("/preferences/next?overlap=10&user=consent-rater");
      ids.append(next.statusCode() == 200 ? next.<String>path("pair_id") : "").append(' ');
    } while (next.statusCode() == 200);
    assertThat(next.statusCode()).isEqualTo(204);
    return ids.toString();
  }
}
