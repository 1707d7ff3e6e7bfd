package dev.whetstone.gateway.learning;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.policies.OperatedVersions;
import dev.whetstone.testing.OwnHome;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The learning as operators see and hold it over HTTP. */
@QuarkusTest
@Tag("own")
@TestProfile(OwnHome.class)
class LearningTest extends ReadyGateway {
  @Inject Database database;

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
        .body("next_run.pairs", equalTo(0))
        .body("next_run.max_seconds", equalTo(600f))
        .body("next_run.measured", equalTo(false))
        .body("pool.of_other_bases", equalTo(0))
        .body("duel", nullValue());
    as("chat").get("/learning").then().statusCode(403);
  }

  @Test
  void aCandidateThatWaitsHasARow() throws Exception {
    String version = OperatedVersions.imported(4_711);
    String run =
        database
            .first(
                row -> row.getString(1),
                "INSERT INTO training_runs (base_hash, status, trigger, requested_by, config,"
                    + " policy) SELECT base_hash, 'succeeded', 'votes', 'a test', '{}', version"
                    + " FROM policies WHERE version = ? RETURNING run_id",
                version)
            .orElseThrow();
    String id = run.replace("run_", "rollout_");

    as("operator")
        .get("/rollouts/" + id)
        .then()
        .statusCode(200)
        .body("status", equalTo("queued"))
        .body("policy", equalTo(version))
        .body("run_id", equalTo(run))
        .body("reason", containsString("150 more usable votes"));
    as("operator").get("/rollouts").then().body("items[0].id", equalTo(id));
    as("trainer")
        .get("/learning")
        .then()
        .body("candidate.version", equalTo(version))
        .body("candidate.status", equalTo("queued"))
        .body("waiting_for", containsString("more usable votes"));

    as("operator")
        .delete("/rollouts/" + id)
        .then()
        .statusCode(200)
        .body("status", equalTo("aborted"))
        .body("cause", equalTo("operator"));
    as("trainer")
        .get("/learning")
        .then()
        .body("candidate", nullValue())
        .body("last_decision.about", equalTo(id));
    as("operator")
        .get("/preferences/summary")
        .then()
        .statusCode(200)
        .body("win_rates_over_v0", hasSize(0));
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
