package dev.whetstone.gateway.learning;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.testing.OwnHome;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.specification.RequestSpecification;
import org.junit.jupiter.api.Test;

/** The learning as operators see and hold it over HTTP. */
@QuarkusTest
@TestProfile(OwnHome.class)
class LearningTest extends ReadyGateway {
  @Test
  void oneAnswerTellsWhatIsWaitedFor() {
    as("trainer")
        .get("/learning")
        .then()
        .statusCode(200)
        .body("paused", nullValue())
        .body("pool.usable", equalTo(0))
        .body("next_run_at_votes", notNullValue())
        .body("waiting_for", notNullValue())
        .body("duel", nullValue());
    as("chat").get("/learning").then().statusCode(403);
  }

  @Test
  void anOperatorPausesAndResumes() {
    as("operator").body("{}").post("/learning/pause").then().statusCode(400);
    as("trainer").body("{\"reason\": \"no\"}").post("/learning/pause").then().statusCode(403);

    as("operator")
        .body("{\"reason\": \"an audit\"}")
        .post("/learning/pause")
        .then()
        .statusCode(200)
        .body("paused.reason", equalTo("an audit"))
        .body("waiting_for", equalTo("learning is paused: an audit"));
    as("operator").post("/learning/resume").then().statusCode(200).body("paused", nullValue());
    as("operator")
        .get("/audit")
        .then()
        .body("items.action", hasItem("pause learning"))
        .body("items.action", hasItem("resume learning"));
  }

  @Test
  void votesAreExcludedByOneNameAndComeBack() {
    for (String body :
        new String[] {
          "{\"reason\": \"r\"}",
          "{\"user\": \"eve\"}",
          "{\"user\": \"eve\", \"key\": \"k\", \"reason\": \"r\"}",
          "{\"user\": \"\", \"reason\": \"r\"}"
        }) {
      as("operator").body(body).post("/preferences/exclusions").then().statusCode(400);
    }
    String eve = "{\"user\": \"eve\", \"reason\": \"votes at random\"}";
    as("rater").body(eve).post("/preferences/exclusions").then().statusCode(403);
    as("operator")
        .body(eve)
        .post("/preferences/exclusions")
        .then()
        .statusCode(201)
        .body("kind", equalTo("user"))
        .body("value", equalTo("eve"));
    as("operator").get("/preferences/exclusions").then().body("items", hasSize(1));

    as("operator").body(eve).delete("/preferences/exclusions").then().statusCode(204);
    as("operator")
        .body(eve)
        .delete("/preferences/exclusions")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_exclusion"));
  }

  @Test
  void aRunWithWrongSettingsIsRefusedAtOnce() {
    as("trainer")
        .body("{\"config\": {\"batch_size\": 0}}")
        .post("/training/runs")
        .then()
        .statusCode(400)
        .body("field", equalTo("config"));
    as("operator")
        .get("/training/runs/run_none/pairs")
        .then()
        .statusCode(404)
        .body("code", equalTo("unknown_run"));
  }

  private static RequestSpecification as(String role) {
    return given()
        .header("Authorization", "Bearer " + OwnHome.key(role))
        .contentType("application/json");
  }
}
